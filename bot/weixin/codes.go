package weixin

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/kf"

	"linli/bot"
)

// Refusal is what the platform answered instead of doing what was asked. Of its own words
// only the address is kept from which it was asked: the rest may quote what was sent.
type Refusal struct {
	Code int
	From string // the IP address from which the platform saw us come, where it says
	// Token says that it was a token that was asked for: then the account itself is refused.
	Token bool
}

func (r *Refusal) Error() string {
	s := "errcode " + strconv.Itoa(r.Code)
	if r.Token {
		s += " when asking for a token"
	}
	if r.From != "" {
		s += ", asked from " + r.From
	}
	return s
}

// Code is the errcode in an error of the library, or of ours; 0: none.
//
// Two calls of its 微信客服 lose the code: SyncMsg always, SendMsg where the library does
// not know it. Who calls them makes an error of the answer's own errcode, by
// util.NewCommonError.
func Code(err error) int {
	if r := told(err); r != nil {
		return r.Code
	}
	return 0
}

// From is the IP address from which the platform saw us come, where its refusal says so.
// It is the one that must stand on the account's list.
func From(err error) string {
	if r := told(err); r != nil {
		return r.From
	}
	return ""
}

var (
	codeForm  = regexp.MustCompile(`\berrcode\s*[=:]\s*(-?\d{1,9})\b`)
	tokenForm = regexp.MustCompile(`^get (?:stable_)?access_token error\b`)
	fromForm  = regexp.MustCompile(`(?i)\bip:?\s+([0-9a-f.:]+)`)
)

// told reads what the platform said out of an error; nil: it said nothing.
func told(err error) *Refusal {
	if err == nil {
		return nil
	}
	var (
		refusal *Refusal
		common  *util.CommonError
		word    kf.Error
	)
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &common):
		if common.ErrCode == 0 {
			return nil
		}
		return &Refusal{Code: int(common.ErrCode), From: from(common.ErrMsg)}
	case errors.As(err, &word):
		if code := kfWords[word]; code != 0 {
			return &Refusal{Code: code}
		}
		return nil
	}
	text := err.Error()
	m := codeForm.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	code, _ := strconv.Atoi(m[1])
	if code == 0 {
		return nil
	}
	return &Refusal{Code: code, From: from(text), Token: tokenForm.MatchString(text)}
}

func from(text string) string {
	for _, m := range fromForm.FindAllStringSubmatch(text, -1) {
		if ip, err := netip.ParseAddr(strings.TrimRight(m[1], ".:")); err == nil {
			return ip.Unmap().String()
		}
	}
	return ""
}

// kfWords are the texts that the library puts in the place of codes.
var kfWords = map[kf.Error]int{
	kf.SDKInvalidCredential: 40001, kf.SDKInvalidImageSize: 40009, kf.SDKInvalidCorpID: 40013, kf.SDKAccessTokenInvalid: 40014,
	kf.SDKValidateSignatureFailed: 40015, kf.SDKDecryptMSGFailed: 40016, kf.SDKMediaIDExceedMinLength: 40058,
	kf.SDKContentContainsSensitiveInformation: 40201, kf.SDKAccessTokenMissing: 41001, kf.SDKAccessTokenExpired: 42001,
	kf.SDKApiFreqOutOfLimit: 45009, kf.SDKApiForbidden: 48002,
	kf.SDKCacheUnavailable: 50002,
	kf.SDKInvalidOpenKFID:  95000, kf.SDKOpenKFIDNotExist: 95004, kf.SDKWeWorkAlready: 95011, kf.SDKNotUseInWeCom: 95012, kf.SDKApiNotOpen: 95017,
}

// expired says that a call failed for its token, and would not with a fresh one.
func expired(err error) bool {
	r := told(err)
	return r != nil && !r.Token && (r.Code == 40001 || r.Code == 40014 || r.Code == 42001)
}

// verdict is what a code means to the engine.
type verdict func(r *Refusal) error

func busy(after time.Duration) verdict {
	return func(*Refusal) error { return bot.Busy{After: after} }
}

func closed(why string) verdict {
	return func(r *Refusal) error { return bot.Closed{Why: because(r, why)} }
}

func gone(why string) verdict {
	return func(r *Refusal) error { return bot.Gone{Why: because(r, why)} }
}

func refused(why string) verdict {
	return func(r *Refusal) error { return bot.Refused{Why: because(r, why)} }
}

// halted says what to put right; "%s" in fix is the IP address.
func halted(why, fix string) verdict {
	return func(r *Refusal) error {
		fix := fix
		if strings.Contains(fix, "%s") {
			fix = fmt.Sprintf(fix, cmp.Or(r.From, "（平台没有说是哪个）"))
		}
		return bot.Halted{Why: because(r, why), Fix: fix}
	}
}

func because(r *Refusal, why string) string { return why + " (errcode " + strconv.Itoa(r.Code) + ")" }

// verdicts are the codes of 公众号 and 微信客服. [U] marks what is not in our notes of the
// platform.
var verdicts = map[int]verdict{
	-1: busy(10 * time.Second),

	// A fresh token was tried already, see Tokens.Renew, or one was got just before.
	40001: busy(time.Minute),
	40014: busy(time.Minute),
	42001: busy(time.Minute),
	41001: busy(time.Minute), // [U] no token was sent along

	40164: halted("this machine's address is not on the account's list", "请到公众号后台的“基本配置”里，把这台服务器的出口 IP %s 加进“IP 白名单”。"),
	60020: halted("this machine's address is not on the app's list", "请到企业微信后台的自建应用里，把这台服务器的出口 IP %s 加进“企业可信IP”。"),

	40003: gone("not somebody this account knows"),
	46004: gone("not somebody this account knows"),
	60111: gone("not somebody this account knows"),
	81013: gone("nobody left to send to"),

	43004: closed("does not follow the account"),
	43101: closed("has refused this notice, or not asked for it"),
	84061: closed("is no contact of this account"),
	45015: closed("has not written for 48 hours"),
	45047: closed("has had as many messages as their last one allows"),

	45009: busy(10 * time.Minute),
	45033: busy(5 * time.Second),

	47001: refused("the platform cannot read the message"),
	47003: refused("a field of the template is not as it was approved"),
	40004: refused("the platform does not take this kind of file"),
	40005: refused("the platform does not take this kind of file"),
	40008: refused("the platform does not know this type of message"),
	40009: refused("the file is too large"),
	40010: refused("the file is too large"),
	40037: refused("the account has no such template"),
	40007: refused("the platform does not have the file"),        // [U]
	40058: refused("a value of the message is missing or wrong"), // of the library's table

	48001:  halted("the account has no right to this call", "公众号没有这个接口的权限：请在公众号后台的“接口权限”里核对，没有认证的要先认证；只能被动回复的号，请在配置里写 passive: true。"),
	48002:  halted("the account may not make this call", "平台不让这个账号用这个接口：请在后台的接口权限里核对。"),
	60011:  halted("the app has no right to this call", "自建应用没有权限：请在企业微信后台核对它的可见范围，并在“微信客服”的“可调用接口的应用”里选上它。"),
	301002: halted("the app has no right to this account", "自建应用没有权限：请在企业微信后台的“微信客服”里，把它选进“可调用接口的应用”。"),
	50002:  halted("the account is restricted", "这个账号被平台限制了：请登录后台看通知，按通知处理。"),
	40201:  halted("the account is blocked", "这个客服账号被平台封了：请联系企业微信客服处理。"),                            // of the library's table
	40013:  halted("the platform does not know the account", "平台不认识这个账号：请核对配置里的 app_id 或 corp_id。"), // of the library's table
	40125:  halted("the secret is wrong", wrongSecret),                                              // [U]

	95000: halted("not an account of the customer service", "客服账号不对：请核对配置里的 account（open_kfid）。"),
	95001: closed("has had as many messages as their last one allows"), // [U]
	95002: closed("has not written for 48 hours"),                      // [U]
	95003: busy(10 * time.Minute),                                      // [U] too many conversations at once
	95004: halted("there is no such account of the customer service", "客服账号已经不在了：请核对配置里的 account（open_kfid），或者重新建一个。"),
	95007: refused("the word to ask for messages is too old"),  // [U]
	95008: refused("the menu has too many entries"),            // [U]
	95009: refused("the menu has an entry of an unknown kind"), // [U]
	95011: halted("the customer service is used in another place", "这个企业的微信客服在企业微信里用着：请在企业微信后台的“微信客服”里打开接口。"),
	95012: halted("the customer service is not used in WeCom", "这个企业还没有在企业微信里用微信客服：请在企业微信后台打开“微信客服”。"),
	95013: closed("the conversation is over"), // [U]
	95017: halted("the interface of the customer service is off", "微信客服的接口没有打开：请在企业微信后台的“微信客服”里打开接口，并把自建应用选进“可调用接口的应用”。"),
	95018: closed("a person has the conversation, or it is over"),
}

const wrongSecret = "平台不认这个密钥：请在后台重新复制 Secret，写进配置。"

// Verdict says in the engine's words how a call ended: nil, or Busy, Closed, Gone, Refused or
// Halted. What it does not know, and an answer that did not come, stays what it is, cleaned:
// the outcome is not known then.
func Verdict(err error) error {
	if err == nil {
		return nil
	}
	if known := ours(err); known != nil {
		return known
	}
	var status Status
	if errors.As(err, &status) && status.Code == 429 {
		return bot.Busy{After: max(status.After, 5*time.Second)}
	}
	r := told(err)
	if r == nil {
		return Clean(err)
	}
	if r.Token && (r.Code == 40001 || r.Code == 40014 || r.Code == 42001) {
		return halted("the secret is wrong", wrongSecret)(r)
	}
	if v := verdicts[r.Code]; v != nil {
		return v(r)
	}
	return r
}

// Undelivered says why a message that 微信客服 had taken did not arrive, by the fail_type of
// its msg_send_fail.
func Undelivered(failType int) bot.Loss {
	why := map[int]string{
		1: "the account of the customer service is deleted", 2: "the app is off", 4: "has not written for 48 hours",
		5: "the conversation is over", 6: "has had as many messages as their last one allows", 7: "the customer service is not verified",
		8: "the customer service is not verified", 9: "the customer service is not verified", 10: "has refused messages",
	}[failType]
	return bot.Loss{Closed: true, Why: cmp.Or(why, "the platform does not say why") + " (fail_type " + strconv.Itoa(failType) + ")"}
}
