// OpenTelemetry's own exporters, JSON and protobuf
'use strict';
const {SpanKind, SpanStatusCode} = require('@opentelemetry/api');
const {BasicTracerProvider, SimpleSpanProcessor} = require('@opentelemetry/sdk-trace-base');
const {MeterProvider, PeriodicExportingMetricReader} = require('@opentelemetry/sdk-metrics');
const {LoggerProvider, SimpleLogRecordProcessor} = require('@opentelemetry/sdk-logs');
const {resourceFromAttributes} = require('@opentelemetry/resources');
const {settings, check, checkEqual, ask, run} = require('./checks.cjs');

async function drive(form, base, headers) {
  const {OTLPTraceExporter} = require(`@opentelemetry/exporter-trace-otlp-${form}`);
  const {OTLPMetricExporter} = require(`@opentelemetry/exporter-metrics-otlp-${form}`);
  const {OTLPLogExporter} = require(`@opentelemetry/exporter-logs-otlp-${form}`);
  const role = `otlp-${form}`;
  const resource = resourceFromAttributes({'service.name': role, 'service.version': '2.0', 'service.instance.id': 'i1'});

  const tracers = new BasicTracerProvider({resource, spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({url: `${base}/v1/traces`, headers}))]});
  const tracer = tracers.getTracer('t');
  const start = Date.now() - 1000;
  const server = tracer.startSpan('POST /score', {kind: SpanKind.SERVER, startTime: start, attributes: {'http.response.status_code': 200, 'url.full': 'https://h/score', rows: 3}});
  server.addEvent('looked up');
  server.recordException(new Error('inside'));
  server.end(start + 250);
  const call = tracer.startSpan('SELECT', {kind: SpanKind.CLIENT, startTime: start, attributes: {'db.system.name': 'postgresql', 'db.query.text': 'select 1', 'server.address': 'db', 'server.port': 5432}});
  call.setStatus({code: SpanStatusCode.ERROR});
  call.end(start + 40);
  await tracers.forceFlush();
  await tracers.shutdown();
  checkEqual(`${form}: a server's span is a request`,
             await ask(`requests | where cloud_RoleName == "${role}" | project name, url, success, resultCode, duration, application_Version, cloud_RoleInstance, tostring(customDimensions.rows)`),
             [['POST /score', 'https://h/score', 'True', '200', 250, '2.0', 'i1', '3']]);
  checkEqual(`${form}: a client's span is a dependency`,
             await ask(`AppDependencies | where AppRoleName == "${role}" | project Name, Target, DependencyType, Data, Success, DurationMs`),
             [['SELECT', 'db:5432', 'postgresql', 'select 1', false, 40]]);
  checkEqual(`${form}: its events are traces and exceptions, of one operation`,
             await ask(`union (exceptions | project message, operation_Id, cloud_RoleName), (traces | project message, operation_Id, cloud_RoleName) | where cloud_RoleName == "${role}" | join kind=inner (requests | project operation_Id) on operation_Id | project message | sort by message asc`),
             [['inside'], ['looked up']]);

  const reader = new PeriodicExportingMetricReader({exporter: new OTLPMetricExporter({url: `${base}/v1/metrics`, headers}), exportIntervalMillis: 3600e3});
  const meters = new MeterProvider({resource, readers: [reader]});
  const meter = meters.getMeter('m');
  meter.createCounter('calls').add(5, {endpoint: 'a'});
  const histogram = meter.createHistogram('ms');
  for (const value of [1, 2, 9]) histogram.record(value);
  await meters.forceFlush();
  await meters.shutdown();
  checkEqual(`${form}: metrics are metrics`,
             await ask(`AppMetrics | where AppRoleName == "${role}" | summarize arg_max(TimeGenerated, *) by Name | project Name, Sum, ItemCount, Min, Max, tostring(Properties.endpoint) | sort by Name asc`),
             [['calls', 5, 1, 5, 5, 'a'], ['ms', 12, 3, 1, 9, '']]);

  const loggers = new LoggerProvider({resource, processors: [new SimpleLogRecordProcessor({exporter: new OTLPLogExporter({url: `${base}/v1/logs`, headers})})]});
  loggers.getLogger('l').emit({severityNumber: 17, body: 'it broke', attributes: {k: 'v', list: [1, 2]}});
  await loggers.forceFlush();
  await loggers.shutdown();
  checkEqual(`${form}: a log record is a trace`,
             await ask(`traces | where cloud_RoleName == "${role}" and message != "looked up" | project message, severityLevel, tostring(customDimensions.k), tostring(customDimensions.list)`),
             [['it broke', 3, 'v', '[1,2]']]);
}

run(async () => {
  await drive('http', settings.plainUrl, {Authorization: `Bearer ${settings.token}`});
  await drive('proto', `${settings.url}/otlp/${settings.workspace}`, {});
  const refused = await fetch(`${settings.plainUrl}/v1/traces`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'});
  check('without token or key nothing is taken', refused.status === 401, refused.status);
});
