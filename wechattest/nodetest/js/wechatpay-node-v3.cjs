'use strict';
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const WxPay = require('wechatpay-node-v3');
const { given, receive, ask, order, refund } = require('./shop.cjs');

async function main() {
  const pay = new WxPay({
    appid: given.appid, mchid: given.mchid, key: given.apiV3Key,
    publicKey: readFileSync(given.certificate), privateKey: readFileSync(given.key),
  });
  const notices = await receive();

  // The SDK verifies and decrypts.
  const next = async (type) => {
    const { headers, body } = await notices.next();
    assert.ok(await pay.verifySign({
      timestamp: headers['wechatpay-timestamp'], nonce: headers['wechatpay-nonce'], body,
      serial: headers['wechatpay-serial'], signature: headers['wechatpay-signature'], apiSecret: given.apiV3Key,
    }), 'signature');
    const notice = JSON.parse(body);
    assert.equal(notice.event_type, type);
    const { ciphertext, associated_data: data, nonce } = notice.resource;
    return pay.decipher_gcm(ciphertext, data, nonce, given.apiV3Key);
  };

  const placed = await pay.transactions_jsapi(order(notices.url, 'NODE-0001'));
  assert.equal(placed.status, 200, JSON.stringify(placed));
  await ask('pay', placed.data);
  const paid = await next('TRANSACTION.SUCCESS');
  assert.equal(paid.out_trade_no, 'NODE-0001');
  const found = await pay.query({ out_trade_no: 'NODE-0001' });
  assert.equal(found.data.trade_state, 'SUCCESS');
  assert.equal(found.data.transaction_id, paid.transaction_id);
  assert.equal((await pay.query({ transaction_id: paid.transaction_id })).data.amount.total, 100);

  const accepted = await pay.refunds(refund(notices.url, 'NODE-0001', 'NODE-RE-1'));
  assert.equal(accepted.data.status, 'PROCESSING', JSON.stringify(accepted));
  const refunded = await next('REFUND.SUCCESS');
  assert.equal(refunded.amount.refund, 30);
  assert.equal((await pay.find_refunds('NODE-RE-1')).data.status, 'SUCCESS');

  const bill = await pay.tradebill({ bill_date: given.billDate, bill_type: 'ALL' });
  assert.equal(bill.status, 200, JSON.stringify(bill));
  const file = await pay.downloadBill(bill.data.download_url);
  assert.equal(createHash('sha1').update(file.data).digest('hex'), bill.data.hash_value);
  assert.match(file.data, /`EARLIER-0001,/);

  const second = await pay.transactions_jsapi(order(notices.url, 'NODE-0002'));
  assert.equal(second.status, 200);
  assert.equal((await pay.close('NODE-0002')).status, 204);
  assert.equal((await pay.query({ out_trade_no: 'NODE-0002' })).data.trade_state, 'CLOSED');
  notices.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
