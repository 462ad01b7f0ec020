// Package wechattest is a local WeChat (微信) for tests and demonstrations: a stateful stand-in for api.weixin.qq.com and
// api.mch.weixin.qq.com that needs no account, no network and no port.
//
// What it is. One [Simulator] is one WeChat with one merchant (商户) and one mini-program (小程序). It
//   - answers the mini-program log-in (code2Session), the stable access_token and the phone number exchange;
//   - answers WeChat Pay API v3: certificates, JSAPI orders, queries by both numbers, closing;
//   - checks every request's signature as WeChat Pay does and signs every answer, in platform certificate mode, in
//     WeChat Pay public-key mode, or in both;
//   - sends payment notices (支付通知), repeats them on the documented timetable, and keeps a journal of every attempt;
//   - plays the user's phone: [Phone.Login], [Phone.GrantPhone], [Phone.Pay], which checks paySign before it pays;
//   - forges wrong notices for tests of receivers: [Simulator.Notice].
//
// A test calls [New] and hands [Simulator.Client] or [Simulator.RoundTripper] to the code under test. A program calls
// [Open], then [Simulator.Listen] for a real port, and [Simulator.Close].
//
// What it is not. It knows one merchant and no service providers (服务商), moves no money and has no web pages. Its keys
// are public: a production host must refuse them, see [IsSimulatorKey]. Where WeChat's documents are silent or disagree,
// the comment at the code says which reading was taken.
//
// Amounts are in fen (分), times are Beijing time on the wire. It uses the standard library's cryptography directly, so
// it proves code that uses another implementation.
package wechattest
