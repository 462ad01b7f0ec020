// What a shop must be told, and the levers that concern all of it.
import { act, ask, post } from "./api.js";
import { byId, copy, copyButton, el, toast } from "./dom.js";

export async function start(refresh) {
  byId("hold").addEventListener("click", async (click) => {
    const held = click.target.dataset.held === "yes";
    await act(click.target, () => post(held ? "notices/release" : "notices/hold"));
    refresh();
  });
  byId("rotate").addEventListener("click", async (click) => {
    if (await act(click.target, () => post("keys/rotate"))) { toast("已换用下一张平台证书，通知从现在起用它签名"); loadKeys(); }
  });
  byId("mix").addEventListener("click", async (click) => {
    if (await act(click.target, () => post("keys/mix"))) toast("从现在起七天：公钥签名的比例由 0.1% 升到 100%");
  });
  byId("revoke").addEventListener("click", async (click) => {
    if (await act(click.target, () => post("tokens/revoke"))) toast("所有 access_token 已失效（40001）");
  });
  byId("yaml-copy").addEventListener("click", () => copy(byId("yaml").textContent));
}

// load shows what stays the same as long as the program runs.
export async function load() {
  const { data } = await ask("GET", "config");
  const rows = {
    "接口地址 base URL": data.base_url, "小程序 appid": data.appid, "app secret": data.app_secret,
    "商户号 mchid": data.mchid, "APIv3 密钥": data.api_v3_key, "商户证书序列号": data.merchant_serial_no,
    "商户私钥文件": data.key_file, "商户证书文件": data.cert_file, "微信支付公钥 ID": data.public_key_id,
    "微信支付公钥文件": data.public_key_file, "公众号 appid": data.official_appid, "公众号 secret": data.official_app_secret,
    "移动应用 appid": data.mobile_appid, "通知地址": data.notify_url,
  };
  byId("config").replaceChildren(...Object.entries(rows).filter(([, value]) => value).flatMap(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, el("code", { title: value }, value), copyButton(value))]));
  byId("yaml").textContent = data.yaml;
  await loadKeys();
}

async function loadKeys() {
  const { data } = await ask("GET", "keys");
  const part = (title, text) => [el("h3", {}, title), el("pre", { tabindex: "0" }, text)];
  byId("keys").replaceChildren(
    ...part(`商户API证书 ${data.merchant_serial_no}`, data.merchant_cert), ...part(`微信支付公钥 ${data.public_key_id}`, data.public_key),
    ...part("平台证书序列号（最后一张签名；GET /v3/certificates 下载）", data.platform_serials.join("\n")));
}

export function show({ base_url: base, speed, notices_held: held }, now) {
  byId("base").textContent = base;
  byId("speed").textContent = speed === 1 ? "微信的时钟走得与你的一样快" : `微信的时钟加快 ${speed} 倍`;
  byId("now").textContent = new Date(now).toLocaleString("zh-CN", { hour12: false });
  byId("held-text").textContent = held ? "通知已暂停" : "通知正常发送";
  byId("held-text").parentElement.className = held ? "held on" : "held";
  const button = byId("hold");
  button.textContent = held ? "放行通知 release" : "暂停通知 hold";
  button.dataset.held = held ? "yes" : "no";
}
