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

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/wechattest"
)

//go:embed wechat.yml.tmpl
var configTemplate string

// avatarHost stands for the place a mini-program uploads avatars to; the page draws them itself.
const avatarHost = "avatars.hostdemo.example"

// configure writes the host's configuration as the file it would be elsewhere, and loads it as a host does.
func (d *demo) configure(data string, o options) (config.Config, error) {
	api, err := d.wechat.Listen("127.0.0.1:0")
	if err != nil {
		return config.Config{}, fmt.Errorf("start the local WeChat: %w", err)
	}
	secrets, books := filepath.Join(data, "secrets"), filepath.Join(data, "books")
	database := o.database
	if database == "" {
		database = "sqlite:" + filepath.Join(data, "wechat.db")
	}
	if err := writeSecrets(secrets, d.wechat, database); err != nil {
		return config.Config{}, fmt.Errorf("write the merchant's files: %w", err)
	}
	if err := os.MkdirAll(books, 0o700); err != nil {
		return config.Config{}, fmt.Errorf("make the plugins' data folder: %w", err)
	}
	plugins, err := filepath.Abs(o.plugins)
	if err != nil {
		return config.Config{}, fmt.Errorf("plugin folder: %w", err)
	}
	text, err := configText(map[string]string{
		"PublicURL": d.url, "WeChat": api, "AppID": d.wechat.App().AppID, "MchID": d.wechat.Merchant().MchID,
		"PublicKeyID": d.wechat.PublicKeyID(), "AvatarHost": avatarHost,
		"Secrets": secrets, "CertFile": wechattest.MerchantCertFile,
		"KeyFile":       filepath.Join(secrets, wechattest.MerchantKeyFile),
		"PublicKeyFile": filepath.Join(secrets, wechattest.PublicKeyFile),
		"AppSecret":     "file:" + filepath.Join(secrets, "app-secret"),
		"APIv3Key":      "file:" + filepath.Join(secrets, "api-v3-key"),
		"Database":      "file:" + filepath.Join(secrets, "database-url"),
		"Plugins":       plugins, "Ledger": ledgerFile(data), "Members": membersFile(data),
	})
	if err != nil {
		return config.Config{}, err
	}
	if err := os.WriteFile(d.configFile, text, 0o600); err != nil {
		return config.Config{}, fmt.Errorf("write the configuration: %w", err)
	}
	return config.Load(d.configFile)
}

// configText fills the template in; every value becomes a quoted YAML text.
func configText(values map[string]string) ([]byte, error) {
	t, err := template.New("wechat.yml").Option("missingkey=error").
		Funcs(template.FuncMap{"quote": quoteYAML}).Parse(configTemplate)
	if err != nil {
		return nil, fmt.Errorf("configuration template: %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, values); err != nil {
		return nil, fmt.Errorf("configuration template: %w", err)
	}
	return text.Bytes(), nil
}

// quoteYAML writes a double-quoted text; ${ stands for an environment variable there, so a path must not hold it.
func quoteYAML(text string) (string, error) {
	if strings.Contains(text, "${") {
		return "", fmt.Errorf("%q holds ${, which means an environment variable in the configuration: choose another -data", text)
	}
	return strconv.Quote(text), nil
}
