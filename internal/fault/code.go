package fault

import "net/http"

// Code names one kind of failure. Codes are part of the API: they never change their meaning.
type Code string

// The closed set of codes.
const (
	Internal          Code = "internal"           // a defect or a broken dependency of ours
	BadRequest        Code = "bad-request"        // the body or a field does not have the documented form
	TooLarge          Code = "too-large"          // the body is larger than the route allows
	UnsupportedMedia  Code = "unsupported-media"  // wrong Content-Type, or a Content-Encoding
	TooManyRequests   Code = "too-many-requests"  // a limit of ours or of WeChat (45011)
	NotLoggedIn       Code = "not-logged-in"      // no token, or one that is unknown or expired
	LoginCodeInvalid  Code = "login-code-invalid" // the js_code was unknown, used or expired (40029, 40163)
	LoginBlocked      Code = "login-blocked"      // WeChat calls the user high-risk (40226)
	PhoneCodeInvalid  Code = "phone-code-invalid" // the getPhoneNumber code was unknown, used, expired or another user's
	PhoneTaken        Code = "phone-taken"        // the phone number belongs to another account
	LoginTooOld       Code = "login-too-old"      // changing a bound phone needs a log-in of the last five minutes
	SessionKeyStale   Code = "session-key-stale"  // encryptedData fits no session key we hold: log in again
	ProfileInvalid    Code = "profile-invalid"    // nickname or avatar outside the rules
	OrderInvalid      Code = "order-invalid"      // an order's field breaks a documented limit
	OrderTermsDiffer  Code = "order-terms-differ" // the number is in use for an order with other terms
	OrderNotFound     Code = "order-not-found"    // neither WeChat nor we know the number
	OrderPaid         Code = "order-paid"         // the order is paid already
	OrderMismatch     Code = "order-mismatch"     // WeChat holds a payment that does not fit the order: it is quarantined
	OrderClosed       Code = "order-closed"       // the order is closed; a new one needs a new number
	WeChatUnavailable Code = "wechat-unavailable" // no usable answer: the outcome is unknown, the same call may be repeated
	WeChatRefused     Code = "wechat-refused"     // WeChat refused for a reason the host must look at (configuration)
	NoticeUnverified  Code = "notice-unverified"  // signature, serial or time of a notice did not hold
	NoticeMalformed   Code = "notice-malformed"   // a genuine sender would not send this
	StorageDown       Code = "storage-down"       // our database did not answer in time
)

type entry struct {
	status  int
	message string
}

// Status is the HTTP status that goes with the code.
func (c Code) Status() int { return c.entry().status }

// Message is the code's sentence for people, Chinese because mini-program users read it.
func (c Code) Message() string { return c.entry().message }

// Codes lists every code, for documents and for the test that compares them.
func Codes() []Code {
	return []Code{
		Internal, BadRequest, TooLarge, UnsupportedMedia, TooManyRequests, NotLoggedIn, LoginCodeInvalid, LoginBlocked,
		PhoneCodeInvalid, PhoneTaken, LoginTooOld, SessionKeyStale, ProfileInvalid, OrderInvalid, OrderTermsDiffer,
		OrderNotFound, OrderPaid, OrderMismatch, OrderClosed, WeChatUnavailable, WeChatRefused, NoticeUnverified, NoticeMalformed,
		StorageDown,
	}
}

func (c Code) entry() entry {
	switch c {
	case BadRequest:
		return entry{http.StatusBadRequest, "请求格式不正确"}
	case TooLarge:
		return entry{http.StatusRequestEntityTooLarge, "请求内容过大"}
	case UnsupportedMedia:
		return entry{http.StatusUnsupportedMediaType, "请求类型不支持，请使用 JSON"}
	case TooManyRequests:
		return entry{http.StatusTooManyRequests, "操作太频繁，请稍后再试"}
	case NotLoggedIn:
		return entry{http.StatusUnauthorized, "登录已失效，请重新登录"}
	case LoginCodeInvalid:
		return entry{http.StatusUnauthorized, "登录凭证无效或已使用，请重新登录"}
	case LoginBlocked:
		return entry{http.StatusForbidden, "该微信账号暂时无法登录"}
	case PhoneCodeInvalid:
		return entry{http.StatusUnprocessableEntity, "手机号授权已失效，请重新点击授权"}
	case PhoneTaken:
		return entry{http.StatusConflict, "该手机号已绑定其他账号，请更换手机号，或使用原来的微信账号登录"}
	case LoginTooOld:
		return entry{http.StatusUnauthorized, "更换手机号前请重新登录"}
	case SessionKeyStale:
		return entry{http.StatusConflict, "登录状态已更新，请重新登录后再试"}
	case ProfileInvalid:
		return entry{http.StatusUnprocessableEntity, "昵称或头像不符合要求"}
	case OrderInvalid:
		return entry{http.StatusUnprocessableEntity, "订单信息不符合要求"}
	case OrderTermsDiffer:
		return entry{http.StatusConflict, "订单号已用于内容不同的订单"}
	case OrderNotFound:
		return entry{http.StatusNotFound, "订单不存在"}
	case OrderPaid:
		return entry{http.StatusConflict, "订单已支付"}
	case OrderMismatch:
		return entry{http.StatusConflict, "订单支付信息异常，请联系客服"}
	case OrderClosed:
		return entry{http.StatusConflict, "订单已关闭，请重新下单"}
	case WeChatUnavailable:
		return entry{http.StatusBadGateway, "微信服务暂时不可用，请稍后再试"}
	case WeChatRefused:
		return entry{http.StatusBadGateway, "微信拒绝了请求，请联系客服"}
	case NoticeUnverified:
		return entry{http.StatusUnauthorized, "签名校验失败"}
	case NoticeMalformed:
		return entry{http.StatusBadRequest, "通知格式不正确"}
	case StorageDown:
		return entry{http.StatusServiceUnavailable, "系统繁忙，请稍后再试"}
	default:
		return entry{http.StatusInternalServerError, "系统内部错误"}
	}
}
