// Messages and events of the official account: where they go, and what came back.
import { act, post } from "./api.js";
import { byId, toast } from "./dom.js";

export function start() {
  byId("push").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const wish = { url: byId("push-url").value.trim(), token: byId("push-token").value, encoding_aes_key: byId("push-key").value.trim() };
    const saved = await act(submit.submitter, () => post("push", wish));
    if (saved) toast(`服务器配置已保存（${{ plain: "明文", compatible: "兼容", safe: "安全" }[saved.mode]}模式）`);
  });
}

// tellReply says what the user sees.
export function tellReply({ attempts, reply, failure }) {
  const last = attempts.at(-1);
  if (failure) toast(`用户看到：${failure}${last.error ? `（${last.error}）` : `（你的回答是 ${last.status}）`}`, true);
  else if (reply) toast(`用户收到 ${reply.MsgType}：${reply.Content ?? ""}`);
  else toast(`你的服务器收下了，没有回复用户：${last.status}`);
}
