// Package wxpay speaks WeChat Pay API v3 (微信支付 API v3) for one direct merchant: it signs requests, verifies every
// answer and notice, keeps WeChat's keys, and turns WeChat's errors into ours.
//
// It stores nothing itself, decides nothing about orders, and is the only package that imports wechatpay-go. The SDK
// builds requests and reads answers; signing, verification and notices are done here, because the SDK verifies no error
// answer, accepts expired certificates and panics over some notices.
package wxpay
