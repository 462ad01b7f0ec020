package host

import (
	"os"
	"time"
)

// full says that the long forms of these tests are wanted.
func full() bool { return os.Getenv("WECHAT_CHAOS_FULL") != "" }

// slack is what a limit of time is stretched by: other tests run beside. The long lane has the machine to itself.
func slack() time.Duration {
	if full() {
		return 0
	}
	return 10 * time.Second
}
