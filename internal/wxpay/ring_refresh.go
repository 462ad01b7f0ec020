package wxpay

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/strictjson"
)

// ErrNoCertificates means that the merchant has a WeChat Pay public key and no platform certificates. That is how new
// merchants are; nothing is wrong.
var ErrNoCertificates = errors.New("the merchant has no platform certificates")

const (
	certificatesURL = "https://" + outbound.PayHost + "/v3/certificates"
	// onDemandEvery is the least time between two refreshes that a call of ours asked for.
	onDemandEvery = time.Minute
)

// Refresh asks WeChat for the platform certificates (下载平台证书) and replaces the set, unless the answer is in doubt.
// It fails with ErrNoCertificates for a merchant who has none.
//
// https://pay.weixin.qq.com/doc/v3/merchant/4012551764
func (r *Ring) Refresh(ctx context.Context) error {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	return r.refresh(ctx)
}

// refreshOnDemand refreshes for a call of ours that met a missing key, at most once a minute.
func (r *Ring) refreshOnDemand(ctx context.Context) {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	now := r.o.Now()
	if !r.lastOnDemand.IsZero() && now.Sub(r.lastOnDemand) < onDemandEvery {
		return
	}
	r.lastOnDemand = now
	if err := r.refresh(ctx); err != nil && !errors.Is(err, ErrNoCertificates) {
		r.o.Log.WarnContext(ctx, "platform certificates could not be fetched", "err", err)
	}
}

func (r *Ring) refresh(ctx context.Context) error {
	set, err := r.download(ctx)
	now := r.o.Now()
	r.mu.Lock()
	r.lastError = err
	if errors.Is(err, ErrNoCertificates) {
		r.lastError = nil
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	r.replace(ctx, set, now)
	return nil
}

// download gives the certificates WeChat lists, verified twice: each was encrypted with the APIv3 key, and the answer
// is signed by a key we hold or by one of them.
func (r *Ring) download(ctx context.Context) (map[string]platformKey, error) {
	status, header, body, err := r.fetchCertificates(ctx)
	if err != nil {
		return nil, fault.Newf(fault.WeChatUnavailable, "fetch platform certificates: %w", err)
	}
	if status != http.StatusOK {
		return nil, r.refusal(status, header, body)
	}
	set, err := r.decryptCertificates(body)
	if err != nil {
		return nil, fault.Newf(fault.WeChatUnavailable, "platform certificates: %w", err)
	}
	refused := r.verifyWith(header, body, func(serial string) (*rsa.PublicKey, bool) {
		if key, ok := r.Key(serial); ok {
			return key, true
		}
		k, ok := set[serial]
		return k.key, ok && k.validAt(r.o.Now())
	})
	if refused != nil {
		return nil, fault.Newf(fault.WeChatUnavailable, "platform certificates: answer without valid signature: %w", refused)
	}
	return set, nil
}

func (r *Ring) fetchCertificates(ctx context.Context) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, certificatesURL, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "wgink-wechat")
	if serial := r.acceptSerial(); serial != "" {
		req.Header.Set("Wechatpay-Serial", serial)
	}
	if err := r.o.Merchant.authorize(req, nil, r.o.Now()); err != nil {
		return 0, nil, nil, err
	}
	resp, err := outbound.Do(r.o.HTTP, req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("read answer: %w", outbound.StripURL(err))
	}
	return resp.StatusCode, resp.Header, body, nil
}

// refusal reads an error answer. Only a signed one can say that there are no certificates.
func (r *Ring) refusal(status int, header http.Header, body []byte) error {
	claim := claimedCode(body)
	if refused := r.verifyWith(header, body, r.Key); refused != nil {
		return fault.New(fault.WeChatUnavailable, &unverifiedError{
			Status: status, Claim: claim, RequestID: requestID(header), Reason: refused,
		})
	}
	if r.publicKey != nil && (status == http.StatusNotFound || isResourceMissing(claim)) {
		return ErrNoCertificates
	}
	return fault.New(fault.WeChatRefused, &APIError{Status: status, Code: claim, RequestID: requestID(header)})
}

// isResourceMissing is true for RESOURCE_NOT_EXISTS, the documented answer to a merchant without certificates.
func isResourceMissing(code string) bool {
	return strings.EqualFold(strings.ReplaceAll(code, "_", ""), "RESOURCENOTEXISTS")
}

func (r *Ring) verifyWith(header http.Header, body []byte, find func(string) (*rsa.PublicKey, bool)) *NoticeError {
	h, refused := headerOf(header)
	if refused != nil {
		return refused
	}
	return verify(h, body, r.o.Now(), find)
}

// decryptCertificates opens the list. An entry that cannot be used, such as an SM2 certificate, is skipped; a list
// without any usable entry is an error, so that the keys in use stay.
func (r *Ring) decryptCertificates(body []byte) (map[string]platformKey, error) {
	var answer struct {
		Data []struct {
			SerialNo           string   `json:"serial_no"`
			EncryptCertificate resource `json:"encrypt_certificate"`
		} `json:"data"`
	}
	if err := strictjson.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	set, now := map[string]platformKey{}, r.o.Now()
	problem := errors.New("the list is empty")
	for _, entry := range answer.Data {
		pemText, err := r.o.APIv3.open(entry.EncryptCertificate)
		if err != nil {
			problem = err
			continue
		}
		k, err := r.newPlatformKey(string(pemText), entry.SerialNo, now)
		if err != nil {
			problem = err
			continue
		}
		if now.After(k.stored.NotAfter) {
			problem = errors.New("certificate has expired")
			continue
		}
		set[k.stored.Serial] = k
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("none of %d is usable: %w", len(answer.Data), problem)
	}
	return set, nil
}
