package sdk_test

import (
	"context"
	"fmt"

	"wgink.ink/wechat/plugins/sdk"
)

// newsletter keeps a list of customers who gave a phone number.
type newsletter struct{ phones map[string]string }

// OnUserEvent gets the user as they are after a change; EventType says what changed.
func (n *newsletter) OnUserEvent(_ context.Context, e *sdk.UserEvent) error {
	if e.EventType == "user.phone_bound" {
		n.phones[e.OpenID] = e.Phone // writing the same value again does no harm
	}
	return nil
}

// A plugin that handles user.* follows the users of the mini-program.
func ExampleUserEventHandler() {
	list := &newsletter{phones: map[string]string{}}
	var handler sdk.UserEventHandler = list

	e, _ := sdk.ParseUserEvent(
		sdk.Delivery{EventID: "ev_2", EventType: "user.phone_bound", Subject: "o0S2cu2H"},
		[]byte(`{"account_id":"a1","appid":"wx7e57000000000001","openid":"o0S2cu2H","phone":"13800000000"}`))
	fmt.Println(handler.OnUserEvent(context.Background(), e))
	fmt.Println(list.phones)
	// Output:
	// <nil>
	// map[o0S2cu2H:13800000000]
}
