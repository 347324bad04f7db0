// applicationinsights 3 (Azure Monitor's OpenTelemetry exporters)
'use strict';
const insights = require('applicationinsights3');
const {settings, checkEqual, ask, run} = require('./checks.cjs');

run(async () => {
  insights.setup(`InstrumentationKey=${settings.workspace};IngestionEndpoint=${settings.url}/;LiveEndpoint=${settings.url}/`)
      .setAutoCollectConsole(false).setAutoCollectRequests(false).setAutoCollectDependencies(false)
      .setAutoCollectPerformance(false).setUseDiskRetryCaching(false).start();
  const client = insights.defaultClient;
  client.trackTrace({message: 'three', severity: 'Error', properties: {test: 'insights3'}});
  client.trackEvent({name: 'sold', properties: {test: 'insights3'}});
  client.trackMetric({name: 'rate3', value: 1.25});
  client.trackRequest({name: 'GET /b', url: 'http://h/b', duration: 20, resultCode: '500', success: false, properties: {test: 'insights3'}});
  client.trackDependency({target: 'h:80', name: 'GET /c', data: 'http://h/c', duration: 3, resultCode: '200', success: true, dependencyTypeName: 'HTTP', properties: {test: 'insights3'}});
  client.trackException({exception: new RangeError('three'), properties: {test: 'insights3'}});
  await client.flush();
  const mine = 'where tostring(customDimensions.test) == "insights3"';
  checkEqual('a trace', await ask(`traces | ${mine} | project message, severityLevel`), [['three', 3]]);
  checkEqual('an event', await ask(`customEvents | ${mine} | project name`), [['sold']]);
  checkEqual('a metric', await ask('customMetrics | where name == "rate3" | project value, valueCount'), [[1.25, 1]]);
  checkEqual('a request', await ask(`requests | ${mine} | project name, success, duration >= 0`), [['GET /b', 'False', true]]);
  checkEqual('a dependency', await ask(`dependencies | ${mine} | project name, success, duration >= 0`), [['GET /c', 'True', true]]);
  checkEqual('an exception', await ask(`exceptions | ${mine} | project type, message`), [['RangeError', 'three']]);
});
