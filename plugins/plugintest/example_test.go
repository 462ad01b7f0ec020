package plugintest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/plugintest"
	"wgink.ink/wechat/plugins/sdk"
)

// tickets sells places of a concert: who paid too late finds the other orders for the place closed.
type tickets struct {
	Hall string `json:"hall"` // from the configuration

	env sdk.Env
}

// Start keeps the way to the host.
func (p *tickets) Start(_ context.Context, env sdk.Env) error {
	p.env = env
	return nil
}

// OnPayment greets the payer and closes the competing order, whose number the paid one carries along.
func (p *tickets) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	payer, err := p.env.Host.User(ctx, n.PayerOpenID)
	if err != nil {
		return err
	}
	err = p.env.Host.CloseOrder(ctx, n.Attach)
	if errors.Is(err, sdk.ErrPaid) {
		return sdk.Reject(payer.Nickname + " must get the money back: the place is sold")
	}
	return err
}

// A test of a plugin hands events to its handler and looks at the outcome and at what the host was asked to do. Every event
// comes twice, and the second time must do nothing new.
func TestTickets(t *testing.T) {
	t.Parallel()
	host := &plugintest.FakeHost{}
	host.PutUser(sdk.User{OpenID: "openid-1", Nickname: "小明"})
	host.PutOrder(sdk.Order{OutTradeNo: "RIVAL-0001", TradeState: "NOTPAY"})
	h := plugintest.New(t, &tickets{}, plugintest.Config(map[string]any{"hall": "east"}), plugintest.Host(host))

	n := plugintest.Payment()
	n.Attach = "RIVAL-0001"
	require.Equal(t, plugintest.Done, h.Pay(n).Result)
	rival, _ := host.Order("RIVAL-0001")
	require.Equal(t, "CLOSED", rival.TradeState)

	host.PutOrder(sdk.Order{OutTradeNo: "RIVAL-0001", TradeState: "SUCCESS"})
	late := h.Pay(n)
	require.Equal(t, plugintest.Reject, late.Result)
	require.Equal(t, "小明 must get the money back: the place is sold", late.Message)
}

// Run checks what every plugin must withstand. It belongs into the CI of each.
func TestTicketsWithstandWhatComes(t *testing.T) {
	t.Parallel()
	host := &plugintest.FakeHost{}
	host.PutUser(sdk.User{OpenID: "openid-1", Nickname: "小明"})
	host.PutOrder(sdk.Order{OutTradeNo: "RIVAL-0001", TradeState: "NOTPAY"})
	n := plugintest.Payment()
	n.Attach = "RIVAL-0001"
	plugintest.Run(t, &tickets{}, plugintest.Host(host), plugintest.SamplePayment(n))
}

// What the operator does not grant is denied, as in production.
func TestTicketsWithoutPermission(t *testing.T) {
	t.Parallel()
	h := plugintest.New(t, &tickets{}, plugintest.Grant("orders.close"))
	require.Contains(t, h.Pay(plugintest.Payment()).Message, "host: user: permission-denied")
}
