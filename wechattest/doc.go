// Package wechattest is a local WeChat (微信) for tests and demonstrations: a stateful stand-in for api.weixin.qq.com and
// api.mch.weixin.qq.com that needs no account, no network and no port.
//
// What it is. One [Simulator] is one WeChat with one merchant (商户), one mini-program (小程序) and one official account
// (公众号). It
//   - answers the mini-program's calls: log-in, both kinds of access_token, phone numbers, session check, subscribe
//     messages, codes, content check;
//   - answers the official account's: web authorization with a page to choose the user, jsapi_ticket, template messages;
//     and pushes messages and events in all three modes, see [Simulator.ConfigurePush];
//   - answers WeChat Pay API v3: certificates, JSAPI, native, H5 and app orders, queries, closing, refunds, bills;
//   - checks every request's signature as WeChat Pay does and signs every answer, in platform certificate mode, in
//     WeChat Pay public-key mode, or in both, also mixed as while a merchant moves;
//   - sends notices (通知) of payments and refunds, repeats them on the documented timetable, and keeps a journal;
//   - plays the user's phone: [Phone.Login], [Phone.GrantPhone], [Phone.Pay], which checks paySign before it pays, …;
//   - forges wrong notices for tests of receivers: [Simulator.Notice], [Simulator.RefundNotice];
//   - plays faults as scripts: [Simulator.Play], [ParseScript], [Scenarios].
//
// A test calls [New] and hands [Simulator.Client] or [Simulator.RoundTripper] to the code under test. A program calls
// [Open], then [Simulator.Listen] for a real port, and [Simulator.Close].
//
// What it is not. It knows one merchant and no service providers (服务商), and moves no money. Its keys
// are public: a production host must refuse them, see [IsSimulatorKey]. Where WeChat's documents are silent or disagree,
// the comment at the code says which reading was taken.
//
// Amounts are in fen (分), times are Beijing time on the wire. It uses the standard library's cryptography directly, so
// it proves code that uses another implementation.
package wechattest
