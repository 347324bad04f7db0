// applicationinsights 2.9
'use strict';
const insights = require('applicationinsights');
const {settings, check, checkEqual, ask, run} = require('./checks.cjs');

run(async () => {
  insights.setup(`InstrumentationKey=${settings.workspace};IngestionEndpoint=${settings.plainUrl}/;LiveEndpoint=${settings.plainUrl}/`)
      .setAutoCollectConsole(false).setAutoCollectPerformance(false, false).setAutoCollectRequests(false)
      .setAutoCollectDependencies(false).setAutoCollectExceptions(false).setUseDiskRetryCaching(false).setSendLiveMetrics(true)
      .start();
  const client = insights.defaultClient;
  client.context.tags[client.context.keys.cloudRole] = 'insights2';
  client.trackTrace({message: 'two', severity: insights.Contracts.SeverityLevel.Warning, properties: {k: 'v', n: 5}});
  client.trackEvent({name: 'bought', measurements: {price: 2.5}});
  client.trackMetric({name: 'queue', value: 7, count: 2, min: 3, max: 4});
  client.trackRequest({name: 'GET /a', url: 'http://h/a', duration: 1234.5, resultCode: 201, success: true});
  client.trackDependency({target: 'db', name: 'select', data: 'select 1', duration: 12, resultCode: 0, success: false, dependencyTypeName: 'SQL'});
  client.trackException({exception: new TypeError('boom')});
  client.trackPageView({name: 'page', url: 'http://h/p', duration: 300});
  client.trackAvailability({id: 'i', name: 'probe', duration: 5, success: true, runLocation: 'here', message: 'ok'});
  const answer = JSON.parse(await new Promise(resolve => client.flush({callback: resolve})));
  checkEqual('all items are accepted', [answer.itemsReceived, answer.itemsAccepted, answer.errors], [8, 8, []]);
  const mine = 'where cloud_RoleName == "insights2"';
  checkEqual('a trace', await ask(`traces | ${mine} | project message, severityLevel, tostring(customDimensions.k), tostring(customDimensions.n)`), [['two', 2, 'v', '5']]);
  checkEqual('an event', await ask(`customEvents | ${mine} | project name, toreal(customMeasurements.price)`), [['bought', 2.5]]);
  checkEqual('a metric', await ask(`AppMetrics | where AppRoleName == "insights2" | project Name, Sum, ItemCount, Min, Max`), [['queue', 7, 2, 3, 4]]);
  checkEqual('a request', await ask(`requests | ${mine} | project name, url, duration, resultCode, success, performanceBucket`), [['GET /a', 'http://h/a', 1234.5, '201', 'True', '1sec-3sec']]);
  checkEqual('a dependency', await ask(`AppDependencies | where AppRoleName == "insights2" | project Target, Name, Data, DependencyType, Success`), [['db', 'select', 'select 1', 'SQL', false]]);
  checkEqual('an exception', await ask(`exceptions | ${mine} | project type, message`), [['TypeError', 'boom']]);
  checkEqual('a page view', await ask(`pageViews | ${mine} | project name, duration`), [['page', 300]]);
  checkEqual('an availability result', await ask(`availabilityResults | ${mine} | project name, location, success`), [['probe', 'here', 'True']]);

  // An item of a kind that no table has is refused alone.
  const send = body => fetch(`${settings.plainUrl}/v2/track`, {method: 'POST', body: JSON.stringify(body)});
  const item = (type, data) => ({time: new Date().toISOString(), iKey: settings.workspace, tags: {'ai.cloud.role': 'partial'}, data: {baseType: type, baseData: data}});
  const partial = await send([item('MessageData', {message: 'kept'}), item('NothingData', {})]);
  checkEqual('a part of a request is refused', [partial.status, (await partial.json()).errors.map(e => e.index)], [206, [1]]);
  checkEqual('and the rest is kept', await ask('traces | where cloud_RoleName == "partial" | count'), [[1]]);
  insights.dispose();
});
