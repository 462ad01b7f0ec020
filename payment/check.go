package payment

import (
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"wgink.ink/wechat/internal/fault"
)

var outTradeNo = regexp.MustCompile(`^[0-9A-Za-z_\-|*]{6,32}$`)

// check applies WeChat's documented limits, so that a mistake is told by field and never reaches WeChat.
func (in PlaceOrder) check() error {
	switch {
	case !outTradeNo.MatchString(in.OutTradeNo):
		return invalid("out_trade_no must be 6 to 32 of 0-9 A-Z a-z _ - | *")
	case !text(in.Description, 1, 127):
		return invalid("description must have 1 to 127 characters, no emoji and no control characters")
	case in.AmountFen < 1:
		return invalid("amount must be at least 1 fen")
	case !text(in.OpenID, 1, 128):
		return invalid("openid is missing or too long")
	case !text(in.Attach, 0, 128):
		return invalid("attach must have at most 128 characters, no emoji and no control characters")
	case !text(in.GoodsTag, 0, 32):
		return invalid("goods_tag must have at most 32 characters, no emoji and no control characters")
	case in.ExpireIn != 0 && in.ExpireIn < time.Minute:
		return invalid("an order must be payable for at least a minute")
	case in.ExpireIn > 15*24*time.Hour: // the stricter of the two limits WeChat documents
		return invalid("an order can be payable for at most 15 days")
	}
	return nil
}

// text counts characters and refuses what WeChat refuses: bad UTF-8, characters of four bytes, control characters.
func text(s string, atLeast, atMost int) bool {
	if n := utf8.RuneCountInString(s); n < atLeast || n > atMost || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r > 0xFFFF || unicode.IsControl(r) {
			return false
		}
	}
	return true
}

func invalid(why string) error { return fault.Newf(fault.OrderInvalid, "%s", why) }

// storage marks an error of the database, so that callers answer 503 and try again.
func storage(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.StorageDown, err)
}
