// What policies see as input.env, and nothing else.
{
  GITHUB_APP_PRIVATE_KEY: 'test-private-key',
}
