// Compares what we answer with ONNX Runtime: node compare.mjs FOLDER_OF_NPM FOLDER_OF_CASES
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [packages, folder] = process.argv.slice(2);
const ort = createRequire(path.join(path.resolve(packages), "package.json"))("onnxruntime-node");
ort.env.logLevel = "error";
const cases = JSON.parse(fs.readFileSync(path.join(folder, "cases.json"), "utf8"));

const types = { float: "float32", double: "float64", int64: "int64", int32: "int32", string: "string", uint8: "uint8", bool: "bool" };
const lists = { float: Float32Array, double: Float64Array, int32: Int32Array, uint8: Uint8Array };
function tensorOf({ type, dims, data }) {
  if (type === "string") return new ort.Tensor("string", data, dims);
  if (type === "int64") return new ort.Tensor("int64", BigInt64Array.from(data, BigInt), dims);
  return new ort.Tensor(types[type], lists[type].from(data, Number), dims);
}

// "" when they agree; `worst` is the largest difference of a number.
function difference(ours, theirs, tolerance, note) {
  if (types[ours.type] !== theirs.type) return `type ${ours.type} and ${theirs.type}`;
  if (String(ours.dims) !== String(theirs.dims)) return `shape [${ours.dims}] and [${theirs.dims}]`;
  for (let i = 0; i < ours.data.length; ++i) {
    if (ours.type === "string" || ours.type === "int64") {
      if (ours.data[i] !== String(theirs.data[i])) return `element ${i}: ${ours.data[i]} and ${theirs.data[i]}`;
      continue;
    }
    const a = Number(ours.data[i]), b = Number(theirs.data[i]);
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const distance = Math.abs(a - b) / Math.max(1, Math.abs(b));
    note(distance);
    if (!(distance <= tolerance)) return `element ${i}: ${a} and ${b}`;
  }
  return "";
}

async function check(one, index, note) {
  let results = null, refusal = "";
  try {
    const session = await ort.InferenceSession.create(path.join(folder, `${index}.onnx`), { logSeverityLevel: 4 });
    const feeds = Object.fromEntries(one.inputs.map((input) => [input.name, tensorOf(input)]));
    results = await session.run(feeds);
  } catch (error) {
    refusal = error.message.split("\n")[0];
  }
  if (one.error && refusal) return "";
  if (one.error) return `we refuse it: ${one.error}`;
  if (refusal) return `the runtime refuses it: ${refusal}`;
  for (const output of one.outputs) {
    const differs = difference(output, results[output.name], one.tolerance, note);
    if (differs) return `${output.name}, ${differs}`;
  }
  return "";
}

const summary = new Map();
let failures = 0;
for (const [index, one] of cases.entries()) {
  const entry = summary.get(one.name) ?? { count: 0, refused: 0, failed: 0, worst: 0 };
  summary.set(one.name, entry);
  ++entry.count;
  if (one.error) ++entry.refused;
  const wrong = await check(one, index, (distance) => { entry.worst = Math.max(entry.worst, distance); });
  if (!wrong) continue;
  ++failures;
  if (++entry.failed <= 3) console.log(`FAIL ${one.name} (case ${index}): ${wrong}`);
}
for (const [name, { count, refused, failed, worst }] of summary)
  console.log(`${failed ? "FAIL" : "ok  "} ${name}: ${count} graphs${refused ? `, ${refused} refused by both` : ""}, ` +
    `largest difference ${worst.toExponential(1)}${failed ? `, ${failed} differ` : ""}`);
process.exit(failures ? 1 : 0);
