// Refused is an answer that is no success; its message is for people.
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// ask sends a request and gives the answer's data, as wx.request in a mini-program would.
export async function ask(method, path, { body, token } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.token = token;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Refused(0, "offline", "网络不可用：演示主机还在运行吗？");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.code, answer.msg || `请求失败（${response.status}）`);
  return answer;
}
