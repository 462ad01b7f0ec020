package handlers

import (
	"context"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/payment"
)

const (
	noticeLimit = 2 << 20 // bytes; the ciphertext alone may be 1 MiB
	// noticeDeadline lets the answer leave within two and a half seconds on a busy machine too, of the five that WeChat waits.
	noticeDeadline = 2 * time.Second
)

// Notice takes every notice of WeChat Pay (支付通知). 204 means: it is in our database; 200 means so too, but in
// quarantine. Plugins get it afterwards, so none of them can delay the answer.
func (h *Handlers) Notice(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), noticeDeadline)
	defer cancel()
	receipt, err := h.receiveNotice(ctx, c)
	switch {
	case err == nil && receipt == payment.Quarantined:
		return c.JSON(fiber.Map{"code": "SUCCESS", "message": "成功"})
	case err == nil:
		return c.SendStatus(fiber.StatusNoContent)
	}
	f := fault.Of(err)
	level := slog.LevelWarn
	if f.Code.Status() >= fiber.StatusInternalServerError {
		level = slog.LevelError
	}
	h.Log.Log(ctx, level, "notice refused", "code", string(f.Code), "error", f.Err)
	if f.Code.Status() >= fiber.StatusInternalServerError {
		c.Set(fiber.HeaderRetryAfter, "15")
	}
	// WeChat's own shape, with a fixed text: the sender may be a stranger.
	return c.Status(f.Code.Status()).JSON(fiber.Map{"code": "FAIL", "message": f.Code.Message()})
}

func (h *Handlers) receiveNotice(ctx context.Context, c *fiber.Ctx) (payment.Receipt, error) {
	body, err := rawBody(c, noticeLimit)
	if err != nil {
		return 0, err
	}
	var in payment.NoticeHeader
	for name, to := range map[string]*string{
		"Wechatpay-Timestamp":      &in.Timestamp,
		"Wechatpay-Nonce":          &in.Nonce,
		"Wechatpay-Signature":      &in.Signature,
		"Wechatpay-Serial":         &in.Serial,
		"Wechatpay-Signature-Type": &in.SignatureType,
	} {
		value, once := header(c, name)
		if !once {
			return 0, fault.Newf(fault.NoticeUnverified, "%s came more than once", name)
		}
		*to = value
	}
	return h.Payment.ReceiveNotice(ctx, in, body)
}
