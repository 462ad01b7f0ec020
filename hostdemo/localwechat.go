package main

import (
	"fmt"
	"os"
	"path/filepath"

	"wgink.ink/wechat/wechattest"
)

// openWeChat starts the local WeChat on a free port. It remembers users, orders and notices in the data folder, and
// tells the trail what it is asked and what it sends.
func (d *demo) openWeChat(data string) (err error) {
	memory := filepath.Join(data, "local-wechat.json")
	d.wechat, err = wechattest.Open(
		wechattest.WithStateFile(memory),
		wechattest.WithObserver(d.trail.exchange),
	)
	if err != nil {
		return fmt.Errorf("start the local WeChat with what it remembers: %w; if %s is of another version of this program, "+
			"delete the folder %s to begin anew", err, memory, data)
	}
	d.closers = append(d.closers, d.wechat.Close)
	d.trail.hide(d.wechat.App().AppSecret, d.wechat.Merchant().APIv3Key)
	return nil
}

// writeSecrets puts what a merchant downloads or is told into files that only this user can read; wechat.yml names them.
func writeSecrets(folder string, w *wechattest.Simulator, databaseURL string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := w.WriteMerchantFiles(folder); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"app-secret": w.App().AppSecret, "api-v3-key": w.Merchant().APIv3Key, "database-url": databaseURL,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(value), 0o600); err != nil {
			return err
		}
	}
	return nil
}
