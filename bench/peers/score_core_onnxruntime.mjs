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

const features = floats("features.f32");
const rows = floats("depth10.scores").length, width = features.length / rows;
const forests = ["depth10", "depth25", "leafwise"], batches = [1, 10, 100, 4000];
const run = (session, values, count) =>
  session.run({ X: new ort.Tensor("float32", values, [count, width]) }, ["probabilities"]);

async function differenceOfForest(session, name) {
  const expected = floats(`${name}.scores`);
  const { probabilities } = await run(session, features, rows);
  let worst = 0;
  for (let i = 0; i < rows; ++i) worst = Math.max(worst, Math.abs(probabilities.data[2 * i + 1] - expected[i]));
  return worst;
}

// The same through the columns of the first rows: imputers and encoders as well.
async function differenceOfWholeModel() {
  const expected = floats("depth10.scores");
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
const shuffled = new Float32Array(order.length * width);
order.forEach((row, i) => shuffled.set(features.subarray(row * width, (row + 1) * width), i * width));

// Nanoseconds a call.
async function timeCalls(session, batch) {
  const times = [];
  for (let first = 0; first + batch <= order.length; first += batch) {
    const tensor = { X: new ort.Tensor("float32", shuffled.slice(first * width, (first + batch) * width), [batch, width]) };
    const start = process.hrtime.bigint();
    await session.run(tensor, ["probabilities"]);
    times.push(Number(process.hrtime.bigint() - start));
  }
  return median(times);
}

// The processor's time: large batches take long enough that a busy machine interrupts them.
async function timeLargeBatch(session) {
  const times = [];
  await run(session, shuffled, order.length);
  for (let i = 0; i < 5; ++i) {
    const start = process.cpuUsage();
    await run(session, shuffled, order.length);
    const used = process.cpuUsage(start);
    times.push((used.user + used.system) * 1000);
  }
  return median(times);
}

const figures = {};
// What a call costs whatever the model: the time of a one-tree model.
figures.call_ns = await timeCalls(await open("stump.onnx"), 1);
const checks = !fs.existsSync(path.join(work, "onnxruntime.diff"));
let worst = checks ? await differenceOfWholeModel() : 0;
for (const name of forests) {
  const start = process.hrtime.bigint();
  const session = await open(`${name}.onnx`);
  figures[`${name}_load_ms`] = Number(process.hrtime.bigint() - start) / 1e6;
  if (checks) worst = Math.max(worst, await differenceOfForest(session, name));
  for (const batch of batches)
    figures[`${name}_${batch}_ns`] = (batch === 4000 ? await timeLargeBatch(session) : await timeCalls(session, batch)) / batch;
  await session.release();
}
if (checks) fs.writeFileSync(path.join(work, "onnxruntime.diff"), String(worst));
console.log(JSON.stringify(figures));
