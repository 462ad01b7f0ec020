package config_test

import (
	"fmt"
	"os"

	"wgink.ink/wechat/config"
)

func ExampleLoad() {
	file, err := os.CreateTemp("", "application-*.yml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(`
server:
  port: 8080
open-platform:
  wechat:
    mini-app:
      active: true
      app-id: wx0123456789abcdef
      app-secret: ${MINI_APP_SECRET}
`)
	if err != nil {
		fmt.Println(err)
		return
	}

	cfg, err := config.Load(file.Name(), config.WithEnviron([]string{"MINI_APP_SECRET=0123456789abcdef"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.MiniApp.AppID, cfg.MiniApp.AppSecret, cfg.Session.Idle)
	// Output: wx0123456789abcdef *** 2h0m0s
}

func ExampleParse() {
	_, err := config.Parse([]byte(`
open-platform:
  wechat:
    pay:
      activ: true
      produce: yes please
`), config.WithEnviron(nil))
	fmt.Println(err)
	// Output:
	// configuration: 2 problems (keys are below open-platform.wechat)
	//   line 5: pay.activ: is not a known key; did you mean pay.active?
	//   line 6: pay.produce: must be true or false, not "yes please"
}

func ExampleConfig_Validate() {
	cfg := config.Config{PublicURL: "https://shop.example.com"}
	cfg.MiniApp.Active = true
	cfg.MiniApp.AppID = "gh0123456789abcdef"
	cfg.MiniApp.AppSecret = "0123456789abcdef"

	fmt.Println(cfg.WithDefaults().Validate())
	// Output:
	// configuration: 1 problem (keys are below open-platform.wechat)
	//   mini-app.app-key: must be wx and 16 letters or digits, as mp.weixin.qq.com shows the appid
}
