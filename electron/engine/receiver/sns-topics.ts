import { TocsinError } from '../../../shared/errors.ts'

const TOPIC_ARN = /^arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/

/** Whether a text names one topic that can deliver to an HTTP endpoint (FIFO topics cannot). */
export function isTopicArn(text: string): boolean {
  return TOPIC_ARN.test(text)
}

/**
 * Reads `TOCSIN_SNS_TOPICS`, which adds to the setting for a `serve` without a screen: ARNs separated by commas.
 * @throws TocsinError `bad_sns_topics`
 */
export function parseTopics(text = ''): string[] {
  const topics = text.split(',').flatMap((topic) => topic.trim() || [])
  const wrong = topics.find((topic) => !isTopicArn(topic))
  if (wrong === undefined) return topics
  throw new TocsinError('bad_sns_topics', `An SNS topic is given by its ARN (arn:aws:sns:…): not "${wrong}".`)
}
