// Package failpoint lets tests make the module fail at chosen places. In a normal build its functions are empty and cost
// nothing; only a build with the tag failpoint has them do what a test asks for.
package failpoint

// The places, in the order in which an event passes them.
const (
	BeforeInsert = "before-insert"
	AfterInsert  = "after-insert" // and before the commit; where one statement does both, there is no such place
	AfterCommit  = "after-commit" // and before the answer
	BeforeClaim  = "before-claim" // the first thing after the answer
	AfterClaim   = "after-claim"
	BeforeCall   = "before-call"  // of the plugin
	AfterEffect  = "after-effect" // in the plugin, before its reply
	BeforeDone   = "before-done"  // after the reply, before the outcome is written
	TakeBack     = "take-back"    // of what another host left
)

// Wrong ways to work, which the checker of the end-to-end tests must notice.
const (
	AnswerFirst     = "answer-first"      // tell WeChat before anything is kept
	AnyMerchant     = "any-merchant"      // skip the comparison of the merchant number
	Env             = "WECHAT_FAILPOINTS" // names the folder in which a file arms the place of its name
	ExitCode    int = 77                  // of a process that was made to exit
)
