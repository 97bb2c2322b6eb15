/**
 * Every name that a policy may write under `uses`, and the action that it means. A list of its own, so that who only asks
 * for names loads no action; `action-names.test.ts` holds it to the registry.
 */
export const ACTION_NAMES: Readonly<Record<string, string>> = {
  'abuseipdb.check': 'abuseipdb.check',
  'bigquery.insert_alert': 'bigquery.insert_alert',
  'bigquery.insert_data': 'bigquery.insert_data',
  'chatgpt.comment_alert': 'chatgpt.query',
  'chatgpt.query': 'chatgpt.query',
  'dns.lookup': 'dns.lookup',
  'crowdstrike.contain_host': 'crowdstrike.contain_host',
  'crowdstrike.lift_containment': 'crowdstrike.lift_containment',
  'file.quarantine': 'file.quarantine',
  'file.restore': 'file.restore',
  geoip: 'geoip',
  'github.add_comment': 'github.create_comment',
  'github.create_comment': 'github.create_comment',
  'github.create_issue': 'github.create_issue',
  history: 'history',
  'http.fetch': 'http.fetch',
  'jira.add_attachment': 'jira.add_attachment',
  'jira.add_comment': 'jira.add_comment',
  'jira.create_issue': 'jira.create_issue',
  'okta.suspend_user': 'okta.suspend_user',
  'okta.unsuspend_user': 'okta.unsuspend_user',
  'opsgenie.create_alert': 'opsgenie.create_alert',
  'otx.indicator': 'otx.indicator',
  'rdap.lookup': 'rdap.lookup',
  'shodan.host': 'shodan.host',
  'slack.post': 'slack.post',
  'urlscan.search': 'urlscan.search',
  'virustotal.lookup': 'virustotal.lookup',
}
