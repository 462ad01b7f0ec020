package wechat_test

import (
	"context"
	"fmt"
	"net/http"
)

// Log-in (小程序登录) from a phone's point of view. The answer is "<token>_<state>"; state 1 means that the account has no
// phone number yet. Binding one gives a new token and ends the old one.
func Example_logIn() {
	host, ctx := startHost(), context.Background()
	defer host.stop()
	phone := host.local.Phone("alice")

	code, _ := phone.Login(ctx) // wx.login
	status, answer := host.call(http.MethodPost, "/wechat/sign/default", "", map[string]string{"code": code})
	token, state := tokenAndState(answer)
	fmt.Println(status, "token of", len(token), "characters, state", state)

	phoneCode, _ := phone.GrantPhone(ctx) // the getPhoneNumber button
	status, answer = host.call(http.MethodPut, "/app/miniapp/update-phone", token, map[string]string{"code": phoneCode})
	newToken, state := tokenAndState(answer)
	fmt.Println(status, "state", state)

	profile := map[string]string{"nickName": "小兰", "avatarUrl": "https://thirdwx.qlogo.cn/mmopen/fox.png"}
	status, answer = host.call(http.MethodPut, "/wechat/app/miniapp/user/update-info", newToken, profile)
	fmt.Println(status, answer)

	status, answer = host.call(http.MethodPut, "/wechat/app/miniapp/user/update-info", token, profile)
	fmt.Println(status, answer)

	status, answer = host.call(http.MethodPost, "/wechat/sign/default", "", map[string]string{"code": code}) // used
	fmt.Println(status, answer)
	// Output:
	// 200 token of 43 characters, state 1
	// 200 state 0
	// 200 {"data":{"avatarUrl":"https://thirdwx.qlogo.cn/mmopen/fox.png","nickName":"小兰"}}
	// 401 {"code":"not-logged-in","msg":"登录已失效，请重新登录"}
	// 401 {"code":"login-code-invalid","msg":"登录凭证无效或已使用，请重新登录"}
}
