package sdk_test

import (
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat/plugins/sdk"
)

var errWarehouse = errors.New("the warehouse does not answer")

// RetryAfter asks for the event again, not before the time given.
func ExampleRetryAfter() {
	ship := func(up bool) error {
		if !up {
			return sdk.RetryAfter(time.Minute, errWarehouse)
		}
		return nil
	}
	fmt.Println(ship(true))
	err := ship(false)
	fmt.Println(err, errors.Is(err, errWarehouse))
	// Output:
	// <nil>
	// the warehouse does not answer true
}

// Reject says that an event will never succeed; it becomes a dead letter with this reason.
func ExampleReject() {
	fmt.Println(sdk.Reject("order ORDER-0001 is none of ours"))
	// Output:
	// order ORDER-0001 is none of ours
}
