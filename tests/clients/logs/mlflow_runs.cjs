// mlflow 2.0.7, a third party's client of tracking. It calls a run both run_id and run_uuid.
'use strict';
const {settings, check, checkEqual, run} = require('./checks.cjs');

async function refusal(call) {
  try {
    return `no failure: ${JSON.stringify(await call())}`;
  } catch (error) {
    return String(error);
  }
}

run(async () => {
  const MLflow = require('mlflow');
  const client = new MLflow({endpoint: settings.url, headers: {Authorization: `Bearer ${settings.token}`}});
  const {experiment_id} = await client.Experiments.create({name: 'node client', artifact_location: ''});
  checkEqual('an experiment is made and read', (await client.Experiments.get({experiment_id})).experiment.name, 'node client');
  check('a name is taken once', (await refusal(() => client.Experiments.create({name: 'node client', artifact_location: ''}))).includes('RESOURCE_ALREADY_EXISTS'));
  await client.Experiments.update({experiment_id, new_name: 'node client 2'});
  check('it is listed by its new name', (await client.Experiments.list({view_type: 'ACTIVE_ONLY'})).experiments.some(e => e.name === 'node client 2'));
  const run_id = (await client.Runs.create({experiment_id, user_id: 'me', start_time: 1000, tags: [{key: 'a', value: 'b'}]})).run.info.run_id;
  await client.Runs.logParameter({run_id, key: 'depth', value: '7'});
  check('a parameter does not change', (await refusal(() => client.Runs.logParameter({run_id, key: 'depth', value: '8'}))).includes('INVALID_PARAMETER_VALUE'));
  for (const [step, value] of [[0, 0.5], [1, 0.75], [2, 0.25]]) await client.Runs.logMetric({run_id, key: 'f1', value, timestamp: 2000 + step, step});
  check('a metric without a value is refused', (await refusal(() => client.Runs.logMetric({run_id, key: 'f1', value: NaN, timestamp: 1, step: 3}))).includes('INVALID_PARAMETER_VALUE'));
  await client.Runs.setTag({run_id, key: 'c', value: 'd'});
  await client.Runs.deleteTag({run_id, key: 'a'});
  await client.Runs.logBatch({run_id, metrics: [{key: 'loss', value: 1, timestamp: 1, step: 0}], params: [{key: 'trees', value: '50'}], tags: [{key: 'e', value: 'f'}]});
  const {run: made} = await client.Runs.get({run_id});
  checkEqual('parameters are kept', made.data.params, [{key: 'depth', value: '7'}, {key: 'trees', value: '50'}]);
  checkEqual('of a metric the last step counts', made.data.metrics.find(m => m.key === 'f1').value, 0.25);
  checkEqual('tags come and go', made.data.tags.map(t => t.key).filter(k => !k.startsWith('mlflow.')), ['c', 'e']);
  checkEqual('a history is whole', (await client.Metrics.getHistory({run_id, metric_key: 'f1'})).metrics.map(m => m.value), [0.5, 0.75, 0.25]);
  const found = await client.Runs.search({experiment_ids: [experiment_id], filter: "metrics.f1 < 0.5 AND params.depth = '7'", run_view_type: 'ACTIVE_ONLY', max_results: 10});
  checkEqual('a search finds it', found.runs.map(r => r.info.run_id), [run_id]);
  checkEqual('a run without artifacts lists none', (await client.Artifacts.list({run_id, path: ''})).files, undefined);
  checkEqual('a run ends', (await client.Runs.update({run_id, status: 'FINISHED', end_time: 3000})).run_info.status, 'FINISHED');
  await client.Runs.delete({run_id});
  check('a deleted run takes nothing', (await refusal(() => client.Runs.setTag({run_id, key: 'x', value: 'y'}))).includes("'active' state"));
  await client.Runs.restore({run_id});
  await client.Experiments.delete({experiment_id});
  await client.Experiments.restore({experiment_id});
  checkEqual('what was deleted comes back', (await client.Runs.get({run_id})).run.info.lifecycle_stage, 'active');
});
