import { describe } from 'vitest'
import { testComparison } from '../comparison.ts'

/** What the inventory of DeepAlert's behaviour names, and what nobody may look for in vain. */
const NAMED = [
  ['detector', 'rule_name', 'rule_id', 'alert_key', 'description', 'timestamp', 'attributes', 'body'],
  ['ipaddr', 'domain', 'username', 'filehashvalue', 'json', 'url', 'remote', 'local', 'subject', 'object'],
  ['client', 'server', 'file', 'additional', 'context', 'sections', 'result', 'status', 'created_at', 'published'],
  [
    'safe',
    'unclassified',
    'urgent',
    'ContentUser',
    'ContentHost',
    'ContentBinary',
    'Task',
    'TaskResult',
    'ReportAttribute',
  ],
  ['ExtractContents', 'ReceptAlert', 'DispatchInspection', 'SubmitFinding', 'SubmitContent', 'FeedbackAttribute'],
  [
    'CompileReport',
    'DummyReviewer',
    'SubmitReport',
    'PublishReport',
    'publishReport',
    'ErrorHandler',
    'StepFunctionError',
  ],
  ['TakeReport', 'SNSEventToReport', 'StartTest', 'TestExtractRegionFromURL', 'X-API-KEY', 'DeepAlert-Request-ID'],
  ['POST /api/v1/alert', '/alert/{alert_id}/report', '/report/{report_id}', '/alert`', '/section', '/attribute'],
  ['inspectDelay', 'reviewDelay', 'reviewer', 'alertTopicARN', 'sentryDsn', 'logLevel', 'LOG_LEVEL', 'SENTRY_DSN'],
  ['enableAPI', 'apiKeyPath', 'assetsPath', 'lambdaRoleARN', 'sfnRoleARN', 'expires_at', 'DynamoDB', 'CDK'],
].flat()

describe('docs/DEEPALERT.md', () => {
  testComparison({ file: 'DEEPALERT.md', fewestRows: 70, named: NAMED })
})
