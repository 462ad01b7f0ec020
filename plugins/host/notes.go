package host

import (
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// NotedCall is a call that a plugin in the shadow made of the host, and that was not done.
type NotedCall struct {
	EventID string
	Call    string // "CloseOrder"
	Request string // JSON; of a long one the beginning
}

// noteMax bounds the request that is kept of one call, in bytes.
const noteMax = 1 << 10

// notes are what is kept of such calls.
type notes struct {
	mu    sync.Mutex
	calls []NotedCall // the first keptInReport
	count int
}

// instead notes the call and answers as if it had been made. One that nobody has written an answer for is refused: it must
// not be made either.
func (n *notes) instead(call wire.Call, req any) (any, error) {
	var answer any
	if _, ok := req.(*pluginv1.CloseOrderRequest); ok {
		answer = &pluginv1.CloseOrderResponse{}
	}
	noted := NotedCall{EventID: number(eventOf(req)), Call: call.Feature}
	if message, ok := req.(proto.Message); ok {
		if text, err := protojson.Marshal(message); err == nil {
			noted.Request = cut(string(text), noteMax)
		}
	}
	n.mu.Lock()
	if n.count++; len(n.calls) < keptInReport {
		n.calls = append(n.calls, noted)
	}
	n.mu.Unlock()
	if answer == nil {
		return nil, errNotOffered
	}
	return answer, nil
}

func (n *notes) read() ([]NotedCall, int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.calls), n.count
}
