{
  id: 'my_first_scenario',
  title: 'The same alert twice: an issue, then a comment on it',
  events: [
    {
      input: import 'data/event.json',
      schema: 'your_schema',
      // What the actions answer, call by call.
      actions: {
        'github.create_issue': [{ number: 666 }],
      },
    },
    {
      input: import 'data/event.json',
      schema: 'your_schema',
      actions: {
        'github.create_comment': [{ id: 1 }],
      },
    },
  ],
  env: import 'env.libsonnet',
}
