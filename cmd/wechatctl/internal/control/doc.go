// Package control is how people and programs steer a running local WeChat (本地微信): a JSON API under /_sim/v1/ and a page
// under /_sim/ that uses it. It shows orders, notices with every delivery attempt, phones and keys, and does what only
// WeChat or its users could: log in, pay, send a notice again, send a wrong one.
//
// Only this machine may use it: loopback clients, loopback Host headers, no cross-site requests. It shows no secrets but
// the local WeChat's own, which are public; the merchant's private key is in a file for the developer, not here.
//
// Every answer carries the local WeChat's present time:
//
//	{"now": "…", "data": …}               success
//	{"now": "…", "code": "…", "msg": "…"}  failure, with a status that fits
//
// [Server.Handler] lists the paths.
package control
