import { join } from 'node:path'
import { openReading, type Reading } from './graphql/reading.ts'
import { ProveRunner } from './prove/prove-runner.ts'
import { Receiver } from './receiver/receiver.ts'
import { parseTopics } from './receiver/sns-topics.ts'
import { LookupStore } from './report/records/lookup-store.ts'
import { ReportApi } from './report/report-api.ts'
import { ReportService } from './report/report-service.ts'
import { reportTimes } from './report/report-times.ts'
import { ReplayStore } from './replay/replay-store.ts'
import { RuleFollower } from './rules/rule-follower.ts'
import { cleanJson } from './secrets/clean-json.ts'
import { secretNamesIn } from './secrets/vault.ts'
import { SelfCheck } from './replay/self-check.ts'
import type { Reception, Running } from './services.ts'

/** A certificate or a confirmation: a few kilobytes, at once, from the very address that was checked. */
const SNS_ANSWER = { timeoutMs: 5_000, maxBytes: 64 * 1024, isRedirectFollowed: false }

/** Everything around the chains of an engine that lives on: who sends to it, who reads from it, what it does in idle time. */
export function openReception(running: Running): Reception {
  const { config, store, intake, alerts, chainStore, approvals, policy, bus, clock, log } = running
  const idle = { isUnderLoad: () => intake.isUnderLoad(), clock, log }
  const decisions = new ReplayStore(store.db)
  const records = {
    decisions,
    events: store.events,
    reports: running.reportInputs,
    alerts,
    chains: chainStore,
    approvals,
    policy,
  }
  const onProblem = (): void => bus.changed(['problems', 'state'])
  const reading = openReading(running)
  const reports = openReports(running)
  return {
    reading,
    receiver: config.hasReceiver ? openReceiver(running, reading, reports) : null,
    selfCheck: new SelfCheck({ ...idle, store, replay: records, onProblem }),
    ruleFollower: new RuleFollower({ ...idle, store, records, policy }),
    reports,
    prover: openProver(running),
  }
}

function openProver({ config, store, bus, log }: Running): ProveRunner {
  const { version, policyDir, appDir, env } = config
  return new ProveRunner({
    options: () => ({
      version,
      policyDir,
      appDir,
      action: null,
      settings: store.settings.all(),
      secretNames: store.paths === null ? [] : secretNamesIn(join(store.paths.folder, 'vault')),
      env,
    }),
    onChange: () => bus.changed('proof'),
    log,
  })
}

function openReports(running: Running): ReportService {
  const { config, store, reportStore: reports, reportInputs: inputs, environment, mode, intake } = running
  return new ReportService({
    ...running,
    reports,
    lookups: new LookupStore(store.db),
    inputs,
    env: async () => (await environment.forPolicies()).env,
    mode: () => mode.current(),
    times: () => reportTimes(config, store.settings),
    isUnderLoad: () => intake.isUnderLoad(),
  })
}

function openReceiver(running: Running, reading: Reading | null, reports: ReportService): Receiver {
  const { store, handles, intake, policy, environment, http, config, redactor, bus, clock, ids, log } = running
  return new Receiver({
    address: config.address ?? store.settings.get('receiver.address'),
    allowHosts: config.allowHosts,
    maxBodyBytes: () => store.settings.get('receiver.maxBodyBytes'),
    receive: (delivery) => intake.receive(delivery),
    isSecret: (text) => redactor.text(text) !== text,
    sns: {
      topics: () => [...parseTopics(config.env['TOCSIN_SNS_TOPICS']), ...store.settings.get('sns.topics')],
      get: (url) => http.send({ method: 'GET', url, ...SNS_ANSWER }),
      onProblem: () => bus.changed(['problems', 'state']),
    },
    ...(reading ? { reads: reading } : {}),
    api: new ReportApi({
      reader: store.reader,
      reports,
      clean: (json) => cleanJson(json, { handles, redactor }),
    }),
    policy,
    authzEnv: () => environment.forAuthz(),
    store,
    requestLevel: config.command === 'desk' ? 'debug' : 'info',
    onRefusals: () => bus.changed('sources'),
    onState: (state) => {
      bus.changed('state')
      if (state.state !== 'starting') bus.news('receiver', state.message)
      log.info('receiver', { state: state.state, url: state.url, address: state.address })
    },
    clock,
    ids,
    log,
  })
}
