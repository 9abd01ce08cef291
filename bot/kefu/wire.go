package kefu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
	"linli/bot/weixin"
)

const (
	host        = "https://qyapi.weixin.qq.com/cgi-bin/"
	callTimeout = 20 * time.Second
	fileTimeout = 60 * time.Second // of calls that carry a file, with those before
)

// answer is what every answer of the platform begins with.
type answer struct {
	Code int64  `json:"errcode"`
	Text string `json:"errmsg"`
}

func (a *answer) said() *answer { return a }

// answers is a struct with an answer in it.
type answers interface{ said() *answer }

// call makes one call of the customer service. After a refusal out holds its code and words;
// the error holds the code.
func (k *Kefu) call(ctx context.Context, method string, in any, out answers) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(in); err != nil {
		return fmt.Errorf("kefu: %s: cannot be written as JSON", method)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return k.tokens.Renew(ctx, func() error {
		token, err := k.access.GetAccessTokenContext(ctx)
		if err != nil {
			return err
		}
		return k.post(ctx, "kf/"+method+"?access_token="+url.QueryEscape(token), "application/json; charset=utf-8", body.Bytes(), out)
	})
}

// upload brings a photo or a voice note to the platform, for three days, and gives its media
// id. Kind is "image" or "voice".
func (k *Kefu) upload(ctx context.Context, kind, name string, data []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return "", errors.New("kefu: upload: cannot be written as a form")
	}
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	var out struct {
		answer
		ID string `json:"media_id"`
	}
	err = k.tokens.Renew(ctx, func() error {
		token, err := k.access.GetAccessTokenContext(ctx)
		if err != nil {
			return err
		}
		return k.post(ctx, "media/upload?type="+kind+"&access_token="+url.QueryEscape(token), form.FormDataContentType(), body.Bytes(), &out)
	})
	if err == nil && out.ID == "" {
		err = errors.New("kefu: upload: the answer names no file")
	}
	return out.ID, err
}

func ending(data []byte) string {
	switch http.DetectContentType(data) {
	case "image/png":
		return ".png"
	}
	return ".jpg"
}

func (k *Kefu) post(ctx context.Context, path, kind string, body []byte, out answers) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, host+path, bytes.NewReader(body))
	if err != nil {
		return errors.New("kefu: the address of a call cannot be made")
	}
	req.Header.Set("Content-Type", kind)
	resp, err := weixin.Client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return weixin.Status{Code: resp.StatusCode}
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	*out.said() = answer{}
	if err := json.Unmarshal(data, out); err != nil {
		return errors.New("kefu: the answer is not what the platform answers with")
	}
	if a := out.said(); a.Code != 0 {
		return util.NewCommonError("kefu", a.Code, a.Text)
	}
	return nil
}

// verdict says what the end of a call means to the engine.
func (k *Kefu) verdict(method string, err error) error {
	if err == nil {
		return nil
	}
	switch code := weixin.Code(err); code {
	case noSuchPerson:
		return bot.Gone{Why: fmt.Sprintf("not somebody this account knows (errcode %d)", code)}
	case badFile, badSize, badPicture, badVoice, noFile:
		return bot.Refused{Why: fmt.Sprintf("the platform does not take this file (errcode %d)", code)}
	}
	return fmt.Errorf("kefu: %s: %w", method, weixin.Verdict(err))
}

// Codes that are dealt with here. [U] marks what is not in our notes of the platform.
const (
	noSuchPerson = 40096 // [U]
	badFile      = 40004 // [U] not a kind of file that it takes; for pictures JPG and PNG, for voice notes AMR
	badSize      = 40006 // [U]
	badPicture   = 40009 // of the library's table: too large, or too small
	badVoice     = 40010 // [U] too large
	noFile       = 44001 // [U]
	badWord      = 95007 // [U] the token of a callback is not one, or too old
	badState     = 95018
)
