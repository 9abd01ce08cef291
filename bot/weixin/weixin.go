// Package weixin is what 公众号, 微信客服 and 企业微信 have in common: the signed
// envelope of their callbacks, the one HTTP client of the library and of our own calls,
// the tokens that a restart must not burn, and what an error code means to the engine.
//
// It must not know a flow, an inbound or a chat: it hands a decoded message to whoever
// serves the account, and sends nothing of its own. It fetches no address that a message
// names. No text of a message, no token, no secret gets into a log or an error here.
//
// Of github.com/silenceper/wechat/v2 only folders may be imported, never its root, which
// prints every message. Its callback server is not used: it compares signatures byte by
// byte, takes plaintext for an account that encrypts, and dies of a message nobody handles.
package weixin
