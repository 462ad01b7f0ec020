package sdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// server is the plugin's end of the contract, around one handler.
type server struct {
	pluginv1.UnimplementedPluginServiceServer
	pluginv1.UnimplementedPaymentNoticeHandlerServiceServer
	pluginv1.UnimplementedUserSyncHandlerServiceServer
	pluginv1.UnimplementedRefundNoticeHandlerServiceServer
	pluginv1.UnimplementedNoticeHandlerServiceServer

	handler any
	payment PaymentHandler   // nil when the handler has no OnPayment
	user    UserEventHandler // nil when it has no OnUserEvent
	refund  RefundHandler    // nil when it has no OnRefund
	notice  NoticeHandler    // nil when it has no OnNotice
	shadow  bool             // it honours Delivery.Shadow

	workDir    func() (string, error)
	dial       func(ctx context.Context, brokerID uint32) (grpc.ClientConnInterface, error) // nil: no way to the host
	logger     *slog.Logger
	gate       *gate
	configured sync.Once
	stopped    sync.Once
}

// newServer finds what the handler can do.
func newServer(handler any, logger *slog.Logger) (*server, error) {
	if handler == nil {
		return nil, errors.New("sdk.Serve needs a handler, got nil")
	}
	s := &server{handler: handler, workDir: os.Getwd, logger: logger, gate: newGate()}
	s.payment, _ = handler.(PaymentHandler)
	s.user, _ = handler.(UserEventHandler)
	s.refund, _ = handler.(RefundHandler)
	s.notice, _ = handler.(NoticeHandler)
	_, s.shadow = handler.(ShadowHandler)
	if len(s.kinds()) == 0 {
		return nil, fmt.Errorf("%T has none of the methods OnPayment(context.Context, *sdk.PaymentNotice) error, "+
			"OnUserEvent(context.Context, *sdk.UserEvent) error, OnRefund(context.Context, *sdk.RefundNotice) error, "+
			"OnNotice(context.Context, *sdk.Notice) error; "+
			"are they declared on the pointer, and is the pointer given to sdk.Serve?", handler)
	}
	return s, nil
}

// register adds PluginService and the services the handler implements.
func (s *server) register(r grpc.ServiceRegistrar) {
	pluginv1.RegisterPluginServiceServer(r, s)
	if s.payment != nil {
		pluginv1.RegisterPaymentNoticeHandlerServiceServer(r, s)
	}
	if s.user != nil {
		pluginv1.RegisterUserSyncHandlerServiceServer(r, s)
	}
	if s.refund != nil {
		pluginv1.RegisterRefundNoticeHandlerServiceServer(r, s)
	}
	if s.notice != nil {
		pluginv1.RegisterNoticeHandlerServiceServer(r, s)
	}
}

// kinds lists the forms of events the handler takes.
func (s *server) kinds() []wire.Kind {
	var kinds []wire.Kind
	if s.payment != nil {
		kinds = append(kinds, wire.KindPayment)
	}
	if s.user != nil {
		kinds = append(kinds, wire.KindUser)
	}
	if s.refund != nil {
		kinds = append(kinds, wire.KindRefund)
	}
	if s.notice != nil {
		kinds = append(kinds, wire.KindNotice)
	}
	return kinds
}

// byHand is what a person reads who starts the plugin in a shell.
func (s *server) byHand() string {
	methods := make([]string, 0, len(s.kinds()))
	for _, k := range s.kinds() {
		methods = append(methods, k.Method())
	}
	return fmt.Sprintf(`This is a WeChat plugin (%s; %s; protocol %d). A host starts it; it does nothing by itself.

Put it into <plugins.dir>/<id>/<version>/, beside a plugin.yaml that names it under executables, and enable it in the
host's configuration under open-platform.wechat.plugins.enabled.<id>.

To try it with sample events while you write it, run in the plugin's source folder:

    wechatctl plugin dev .
`, strings.Join(methods, ", "), s.describeVersion(), wire.ProtocolVersion)
}
