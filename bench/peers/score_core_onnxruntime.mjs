// ONNX Runtime's side of `score-core`, on one thread. Usage: node … PACKAGE_FOLDER WORK ROUND
// First call of a WORK folder: checks all scores and writes WORK/onnxruntime.diff. Prints one line of JSON.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [folder, work, round] = process.argv.slice(2);
const ort = createRequire(path.join(path.resolve(folder), "package.json"))("onnxruntime-node");
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" };
const floats = (name) => {
  const bytes = fs.readFileSync(path.join(work, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};
const open = (name) => ort.InferenceSession.create(path.join(work, name), options);
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const features = floats("features.f32"), expected = floats("scores.f32");
const forest = await open("forest.onnx"), stump = await open("stump.onnx");
const rows = expected.length, width = features.length / rows;
const run = (session, values, count) =>
  session.run({ X: new ort.Tensor("float32", values, [count, width]) }, ["probabilities"]);

if (!fs.existsSync(path.join(work, "onnxruntime.diff"))) {
  const { probabilities } = await run(forest, features, rows);
  let worst = 0;
  for (let i = 0; i < rows; ++i) worst = Math.max(worst, Math.abs(probabilities.data[2 * i + 1] - expected[i]));
  worst = Math.max(worst, await differenceOfWholeModel());
  fs.writeFileSync(path.join(work, "onnxruntime.diff"), String(worst));
}

// The same through the columns of the first rows: imputers and encoders as well.
async function differenceOfWholeModel() {
  const records = JSON.parse(fs.readFileSync(path.join(work, "requests.json"), "utf8"));
  const session = await open("model/model.onnx");
  const feeds = {};
  for (const { name, type } of session.inputMetadata) {
    const values = records.map((record) => record[name]);
    const shape = [values.length, 1];
    if (type === "string") feeds[name] = new ort.Tensor("string", values.map((value) => value ?? ""), shape);
    else if (type === "int64") feeds[name] = new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
    else if (type === "bool") feeds[name] = new ort.Tensor("bool", values, shape);
    else {
      const List = type === "float64" ? Float64Array : Float32Array;
      feeds[name] = new ort.Tensor(type, List.from(values, (value) => value ?? NaN), shape);
    }
  }
  const { probabilities } = await session.run(feeds, ["probabilities"]);
  return Math.max(...records.map((_, i) => Math.abs(probabilities.data[2 * i + 1] - expected[i])));
}

// A random order by a generator of its own (Park and Miller), other for each round.
let state = 1000 + Number(round);
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const order = Array.from({ length: 4000 }, () => Math.floor(random() * rows));
async function oneRow(session) {
  const times = [];
  for (const row of order) {
    const values = features.slice(row * width, (row + 1) * width);
    const tensor = { X: new ort.Tensor("float32", values, [1, width]) };
    const start = process.hrtime.bigint();
    await session.run(tensor, ["probabilities"]);
    times.push(Number(process.hrtime.bigint() - start));
  }
  return median(times);
}

const batch = new Float32Array(order.length * width);
order.forEach((row, i) => batch.set(features.subarray(row * width, (row + 1) * width), i * width));
const batchTimes = [];
await run(forest, batch, order.length);
// The processor's time: batches take long enough that a busy machine interrupts them.
for (let i = 0; i < 5; ++i) {
  const start = process.cpuUsage();
  await run(forest, batch, order.length);
  const used = process.cpuUsage(start);
  batchTimes.push(((used.user + used.system) * 1000) / order.length);
}
// What a call costs whatever the model: the time of a one-tree model.
console.log(JSON.stringify({ one_ns: await oneRow(forest), call_ns: await oneRow(stump), batch_ns: median(batchTimes) }));
