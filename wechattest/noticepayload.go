package wechattest

import "time"

// noticeTransaction is the plaintext of a TRANSACTION.SUCCESS notice. The keys are in the order of live notices.
type noticeTransaction struct {
	MchID          string       `json:"mchid"`
	AppID          string       `json:"appid"`
	OutTradeNo     string       `json:"out_trade_no"`
	TransactionID  string       `json:"transaction_id"`
	TradeType      TradeType    `json:"trade_type"`
	TradeState     TradeState   `json:"trade_state"`
	TradeStateDesc string       `json:"trade_state_desc"`
	BankType       string       `json:"bank_type"`
	Attach         string       `json:"attach"`
	SuccessTime    string       `json:"success_time"`
	Payer          payer        `json:"payer"`
	Amount         noticeAmount `json:"amount"`
	SceneInfo      *sceneInfo   `json:"scene_info,omitempty"`
}

type noticeAmount struct {
	Total         int64  `json:"total"`
	PayerTotal    int64  `json:"payer_total"`
	Currency      string `json:"currency"`
	PayerCurrency string `json:"payer_currency"`
}

// noticeEnvelope is the body of a notice (通知报文). The keys are in the order of live notices.
type noticeEnvelope struct {
	ID           string   `json:"id"`
	CreateTime   string   `json:"create_time"`
	ResourceType string   `json:"resource_type"`
	EventType    string   `json:"event_type"`
	Summary      string   `json:"summary"`
	Resource     resource `json:"resource"`
}

// transaction describes a paid order.
func (o Order) transaction() noticeTransaction {
	t := noticeTransaction{
		MchID: o.MchID, AppID: o.AppID, OutTradeNo: o.OutTradeNo, TransactionID: o.TransactionID,
		TradeType: o.TradeType, TradeState: Paid, TradeStateDesc: Paid.description(),
		BankType: balanceBankType, Attach: o.Attach, SuccessTime: wireTime(o.PaidAt),
		Payer:  payer{o.OpenID},
		Amount: noticeAmount{o.TotalFen, o.TotalFen, o.Currency, o.Currency},
	}
	if o.DeviceID != "" {
		t.SceneInfo = &sceneInfo{o.DeviceID}
	}
	return t
}

func paymentEvent() Event {
	return Event{Type: "TRANSACTION.SUCCESS", OriginalType: "transaction", Summary: "支付成功"}
}

// envelope seals a plaintext into the body of a notice. The associated data is the original type, as in live notices.
func envelope(id string, created time.Time, apiV3Key string, e Event, plaintext []byte) (noticeEnvelope, error) {
	sealed, err := seal(apiV3Key, randomText(12), e.OriginalType, plaintext)
	if err != nil {
		return noticeEnvelope{}, err
	}
	sealed.OriginalType = e.OriginalType
	return noticeEnvelope{
		ID: id, CreateTime: wireTime(created), ResourceType: "encrypt-resource",
		EventType: e.Type, Summary: e.Summary,
		Resource: sealed,
	}, nil
}
