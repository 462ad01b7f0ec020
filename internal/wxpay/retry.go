package wxpay

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
)

const (
	triesMax = 3
	// callsTimeout bounds all tries of one call together.
	callsTimeout = 12 * time.Second
	firstPause   = 200 * time.Millisecond
	secondPause  = time.Second
	pauseJitter  = 0.3 // of a pause, either way
)

// repeatable says whether doing a call twice is the same as doing it once.
type repeatable bool

const (
	idempotent repeatable = true  // a query; a prepay, whose number makes it one order
	once       repeatable = false // a write: after an unknown outcome the caller must query
)

// call runs one operation, with its repeats, and turns the last failure into a fault. Each try is signed anew.
func (c *Client) call(ctx context.Context, op string, kind repeatable, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callsTimeout)
	defer cancel()
	if !c.ring.Ready() {
		c.ring.refreshOnDemand(ctx)
	}
	probed, backup := false, false
	for try := 1; ; try++ {
		tryCtx := ctx
		if backup {
			tryCtx = withBackupHost(ctx)
		}
		err := do(tryCtx)
		if err == nil {
			return nil
		}
		again := mayRepeat(err, kind)
		if isUnverified(err) && kind == idempotent {
			again, probed = !probed, true // WeChat's probes: one quiet repeat gets the true answer
		}
		if !again || try == triesMax || ctx.Err() != nil || c.sleep(ctx, pauseBefore(try+1)) != nil {
			return toFault(op, err)
		}
		if c.backupHost && isConnectionError(err) {
			backup = !backup
		}
	}
}

// mayRepeat says whether another try can help and can do no harm.
func mayRepeat(err error, kind repeatable) bool {
	if errors.Is(err, outbound.ErrHostNotAllowed) || errors.Is(err, outbound.ErrBodyTooLarge) {
		return false
	}
	if isDialError(err) {
		return true // nothing was sent
	}
	if kind == once {
		return false
	}
	if api, ok := errors.AsType[*core.APIError](err); ok {
		return api.StatusCode >= http.StatusInternalServerError && codeFor(api) == fault.WeChatUnavailable
	}
	return isConnectionError(err)
}

func isUnverified(err error) bool {
	_, ok := errors.AsType[*unverifiedError](err)
	return ok
}

// isConnectionError is any failure below HTTP, timeouts included.
func isConnectionError(err error) bool {
	if isUnverified(err) || errors.Is(err, outbound.ErrHostNotAllowed) || errors.Is(err, outbound.ErrBodyTooLarge) {
		return false
	}
	return isTransportError(err)
}

// isDialError is a failure before any byte of the request was sent.
func isDialError(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func pauseBefore(try int) time.Duration {
	pause := firstPause
	if try > 2 {
		pause = secondPause
	}
	return outbound.Jitter(pause, pauseJitter)
}
