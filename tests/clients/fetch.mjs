// One call with Node's fetch: {url, key, type, body} on standard input, {status, text} on standard output.
import { readFileSync } from 'node:fs';

const call = JSON.parse(readFileSync(0, 'utf8'));
const headers = { Authorization: `Bearer ${call.key}` };
if (call.body !== null) headers['Content-Type'] = call.type;
const options = call.body === null ? { headers } : { method: 'POST', headers, body: call.body };
const response = await fetch(call.url, options);
console.log(JSON.stringify({ status: response.status, text: await response.text() }));
