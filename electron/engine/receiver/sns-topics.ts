const TOPIC_ARN = /^arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/

/** Whether a text names one topic that can deliver to an HTTP endpoint (FIFO topics cannot). */
export function isTopicArn(text: string): boolean {
  return TOPIC_ARN.test(text)
}

/** The listed topics: `TOCSIN_SNS_TOPICS` (for a `serve` without a screen) adds to the setting. */
export function listedTopics(setting: readonly string[], env: Readonly<Record<string, string | undefined>>): string[] {
  return [...(env['TOCSIN_SNS_TOPICS'] ?? '').split(',').map((topic) => topic.trim()), ...setting].filter(isTopicArn)
}
