package bench

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/wechattest"
)

// handTable is what the handler of one insert keeps notices in.
const handTable = `CREATE TABLE notices (
	id TEXT PRIMARY KEY, transaction_id TEXT NOT NULL, out_trade_no TEXT NOT NULL, amount_fen BIGINT NOT NULL,
	body BYTEA NOT NULL, created_at TIMESTAMPTZ NOT NULL)`

// hand is the handler that a good engineer writes with net/http, the SDK and pgx.
type hand struct {
	pool     *pgxpool.Pool
	verifier *verifiers.SHA256WithRSAPubkeyVerifier
	apiV3Key string
	keep     func(ctx context.Context, id string, t *payments.Transaction, plaintext string) error
}

// newHand makes the handler with one insert, or the one with the three writes that the module makes.
func newHand(ctx context.Context, sim *wechattest.Simulator, databaseURL string, three bool) (*hand, error) {
	pool, err := openPool(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	key, err := publicKey(sim.PublicKeyPEM())
	if err != nil {
		return nil, err
	}
	h := &hand{
		pool: pool, apiV3Key: sim.Merchant().APIv3Key,
		verifier: verifiers.NewSHA256WithRSAPubkeyVerifier(sim.PublicKeyID(), *key),
	}
	if h.keep = h.insert; three {
		h.keep = h.threeWrites
	}
	return h, nil
}

// poolSize is the module's own, for every pool of the benchmark.
const poolSize = 20

func openPool(ctx context.Context, databaseURL string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns, cfg.MinConns = poolSize, poolSize
	return pgxpool.NewWithConfig(ctx, cfg)
}

func publicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%T is no RSA key", parsed)
	}
	return key, nil
}

// ServeHTTP answers 204 when the notice is kept.
func (h *hand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2500*time.Millisecond)
	defer cancel()
	if err := h.take(ctx, r); err != nil {
		http.Error(w, `{"code":"FAIL"}`, http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *hand) take(ctx context.Context, r *http.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
	if err != nil {
		return err
	}
	message := r.Header.Get("Wechatpay-Timestamp") + "\n" + r.Header.Get("Wechatpay-Nonce") + "\n" + string(body) + "\n"
	if err := h.verifier.Verify(ctx, r.Header.Get("Wechatpay-Serial"), message, r.Header.Get("Wechatpay-Signature")); err != nil {
		return err
	}
	var envelope notify.Request
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	sealed := envelope.Resource
	plaintext, err := utils.DecryptAES256GCM(h.apiV3Key, sealed.AssociatedData, sealed.Nonce, sealed.Ciphertext)
	if err != nil {
		return err
	}
	var t payments.Transaction
	if err := json.Unmarshal([]byte(plaintext), &t); err != nil {
		return err
	}
	return h.keep(ctx, envelope.ID, &t, plaintext)
}

// insert is baseline (a): one row, one commit, no look at the order.
func (h *hand) insert(ctx context.Context, id string, t *payments.Transaction, plaintext string) error {
	_, err := h.pool.Exec(ctx, `INSERT INTO notices (id, transaction_id, out_trade_no, amount_fen, body, created_at)
		VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT DO NOTHING`,
		id, *t.TransactionId, *t.OutTradeNo, *t.Amount.Total, []byte(plaintext))
	return err
}

// threeWrites is baseline (a2): the module's event, order and delivery, in the module's tables, in one transaction. The
// order's terms are compared by the update itself.
func (h *hand) threeWrites(ctx context.Context, id string, t *payments.Transaction, plaintext string) error {
	tx, err := h.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	key := "payment|" + *t.TransactionId + "|SUCCESS"
	event, now := delivery.EventID(*t.Mchid, key), time.Now().UnixMilli()
	inserted, err := tx.Exec(ctx, `INSERT INTO wechat_events
			(id, kind, wechat_type, mchid, notice_id, business_key, subject, verdict, compared, payload, occurred_at, created_at)
		VALUES ($1, 'payment.succeeded', 'TRANSACTION.SUCCESS', $2, $3, $4, $5, 'ok', true, $6, $7, $7) ON CONFLICT DO NOTHING`,
		event, *t.Mchid, id, key, *t.OutTradeNo, []byte(plaintext), now)
	if err != nil || inserted.RowsAffected() == 0 {
		return err
	}
	paid, err := tx.Exec(ctx, `UPDATE wechat_orders SET state = 'SUCCESS', transaction_id = $3, payer_total_fen = $4,
			trade_type = $5, bank_type = $6, success_at = $7, updated_at = $7
		WHERE mchid = $1 AND out_trade_no = $2 AND state = 'NOTPAY'
			AND amount_fen = $8 AND openid = $9 AND appid = $10 AND currency = $11`,
		*t.Mchid, *t.OutTradeNo, *t.TransactionId, *t.Amount.PayerTotal, *t.TradeType, *t.BankType, now,
		*t.Amount.Total, *t.Payer.Openid, *t.Appid, *t.Amount.Currency)
	if err != nil {
		return err
	}
	if paid.RowsAffected() == 0 {
		return errors.New("the notice does not fit the order")
	}
	_, err = tx.Exec(ctx, `INSERT INTO wechat_deliveries (event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
		VALUES ($1, 'log', $2, 'pending', $3, $3, $3, $3)`, event, *t.OutTradeNo, now)
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}
