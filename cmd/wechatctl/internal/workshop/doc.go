// Package workshop builds plugins and tries them out, for the verbs of wechatctl: the real host starts them from a folder
// laid out as in production, hands them sample events and answers their calls from made-up orders and users.
//
// What it is not. It is no test kit: that is plugins/plugintest. It never talks to WeChat.
package workshop
