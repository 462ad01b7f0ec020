package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"wgink.ink/wechat/wechattest"
)

//go:embed wechat.yml.tmpl
var configTemplate string

// configFile is the name of the configuration for the WeChat module.
const configFile = "wechat.yml"

// writeFolder writes what a merchant downloads or is told, each to its file, and a configuration that names them. It
// returns the configuration.
func writeFolder(folder, base, notifyURL string, wechat *wechattest.Simulator) (yaml string, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("-keys: %w", err)
	}
	if err := wechat.WriteMerchantFiles(folder); err != nil {
		return "", err
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	yaml, err = fillTemplate(map[string]string{
		"PublicURL": publicURL(notifyURL), "WeChat": base, "MchID": wechat.Merchant().MchID, "AppID": wechat.App().AppID,
		"Folder": folder, "CertFile": wechattest.MerchantCertFile, "KeyFile": file(wechattest.MerchantKeyFile),
		"PublicKeyID": wechat.PublicKeyID(), "PublicKeyFile": file(wechattest.PublicKeyFile),
		"APIv3Key": "file:" + file("api-v3-key"), "AppSecret": "file:" + file("app-secret"),
		"OfficialAppID": wechat.OfficialAccount().AppID, "OfficialSecret": "file:" + file("official-app-secret"),
	})
	if err != nil {
		return "", err
	}
	for name, content := range map[string]string{
		"api-v3-key": wechat.Merchant().APIv3Key, "app-secret": wechat.App().AppSecret,
		"official-app-secret": wechat.OfficialAccount().AppSecret, configFile: yaml,
	} {
		if err := os.WriteFile(file(name), []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("-keys: %w", err)
		}
	}
	return yaml, nil
}

func fillTemplate(values map[string]string) (string, error) {
	t, err := template.New(configFile).Option("missingkey=error").Funcs(template.FuncMap{"quote": quoteYAML}).Parse(configTemplate)
	if err != nil {
		return "", fmt.Errorf("configuration template: %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, values); err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	return text.String(), nil
}

// quoteYAML writes a double-quoted text; ${ stands for an environment variable there, so a path must not hold it.
func quoteYAML(text string) (string, error) {
	if strings.Contains(text, "${") {
		return "", fmt.Errorf("%q holds ${, which means an environment variable there: choose another -keys", text)
	}
	return strconv.Quote(text), nil
}
