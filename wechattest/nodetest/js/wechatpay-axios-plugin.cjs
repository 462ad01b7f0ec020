'use strict';
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { Wechatpay, Formatter, Rsa, Aes } = require('wechatpay-axios-plugin');
const { given, receive, ask, order, refund } = require('./shop.cjs');

async function main() {
  const privateKey = Rsa.from(readFileSync(given.key), Rsa.KEY_TYPE_PRIVATE);
  const keys = { [given.publicKeyID]: Rsa.from(readFileSync(given.publicKey), Rsa.KEY_TYPE_PUBLIC) };
  // Every answer is verified by the SDK; the header asks for the key that it holds.
  const pay = new Wechatpay({
    mchid: given.mchid, serial: given.serial, privateKey, certs: keys,
    headers: { 'Wechatpay-Serial': given.publicKeyID },
  });
  const notices = await receive();

  const next = async (type) => {
    const { headers, body } = await notices.next();
    const message = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
    assert.ok(Rsa.verify(message, headers['wechatpay-signature'], keys[headers['wechatpay-serial']]), 'signature');
    const notice = JSON.parse(body);
    assert.equal(notice.event_type, type);
    const { ciphertext, associated_data: data, nonce } = notice.resource;
    return JSON.parse(Aes.AesGcm.decrypt(ciphertext, given.apiV3Key, nonce, data));
  };

  const place = async (number) => {
    const { data } = await pay.v3.pay.transactions.jsapi.post(order(notices.url, number));
    const launch = {
      appId: given.appid, timeStamp: `${Formatter.timestamp()}`, nonceStr: Formatter.nonce(),
      package: `prepay_id=${data.prepay_id}`, signType: 'RSA',
    };
    launch.paySign = Rsa.sign(
      Formatter.joinedByLineFeed(launch.appId, launch.timeStamp, launch.nonceStr, launch.package), privateKey,
    );
    return launch;
  };
  const query = (number) => pay.v3.pay.transactions.outTradeNo.$number$.get({ number, params: { mchid: given.mchid } });

  await ask('pay', await place('AXIOS-0001'));
  const paid = await next('TRANSACTION.SUCCESS');
  assert.equal(paid.out_trade_no, 'AXIOS-0001');
  assert.equal((await query('AXIOS-0001')).data.transaction_id, paid.transaction_id);

  const accepted = await pay.v3.refund.domestic.refunds.post(refund(notices.url, 'AXIOS-0001', 'AXIOS-RE-1'));
  assert.equal(accepted.data.status, 'PROCESSING');
  assert.equal((await next('REFUND.SUCCESS')).refund_status, 'SUCCESS');
  assert.equal((await query('AXIOS-0001')).data.trade_state, 'REFUND');

  const bill = await pay.v3.bill.tradebill.get({ params: { bill_date: given.billDate, bill_type: 'ALL' } });
  const { pathname, searchParams } = new URL(bill.data.download_url);
  const file = await pay.chain(pathname.slice(1)).get({
    params: Object.fromEntries(searchParams), responseType: 'arraybuffer', transformResponse: [(data) => data],
  });
  assert.equal(createHash('sha1').update(Buffer.from(file.data)).digest('hex'), bill.data.hash_value);
  assert.match(Buffer.from(file.data).toString(), /`EARLIER-0001,/);

  await place('AXIOS-0002');
  const closed = await pay.v3.pay.transactions.outTradeNo.$number$.close.post({ mchid: given.mchid }, { number: 'AXIOS-0002' });
  assert.equal(closed.status, 204);
  await assert.rejects(query('AXIOS-9999'), (error) => error.response.data.code === 'ORDER_NOT_EXIST');
  notices.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
