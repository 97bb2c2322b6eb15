const PROBE = { type: 'PORT_PROBE', blocked: false, port: 4444 }

/**
 * A finding as GuardDuty sends it, which the policies of `policies/examples/guardduty` make an alert of.
 * @param bytes its size; what is missing is filled with contacts of the instance, so that a large one has many values
 */
export function findingOf(bytes: number): Buffer {
  const finding = baseFinding()
  const contacts = finding.Findings[0]?.Service.RemoteContacts ?? []
  const size = (): number => Buffer.byteLength(JSON.stringify(finding))
  while (size() + JSON.stringify(contactOf(contacts.length)).length < bytes) contacts.push(contactOf(contacts.length))
  finding.Note = ''
  finding.Note = 'x'.repeat(Math.max(0, bytes - size()))
  return Buffer.from(JSON.stringify(finding))
}

function contactOf(index: number): object {
  return {
    ...PROBE,
    remote: { ip: `198.51.100.${index % 251}`, country: 'ZZ', city: 'Nowhere', org: `AS${64_512 + index}` },
    count: index * 7 + 1,
    score: index / 16,
  }
}

function baseFinding() {
  return {
    Note: '',
    Findings: [
      {
        AccountId: '123456789012',
        Arn: 'arn:aws:guardduty:us-east-1:123456789012:detector/0a/finding/1b',
        Type: 'Trojan:EC2/DNSDataExfiltration',
        Severity: 8,
        Title: 'Data exfiltration through DNS queries from EC2 instance i-0123456789.',
        Description: 'EC2 instance i-0123456789 is sending data out in the names that it looks up.',
        CreatedAt: '2024-05-01T10:00:00.000Z',
        Region: 'us-east-1',
        Resource: {
          ResourceType: 'Instance',
          InstanceDetails: {
            InstanceId: 'i-0123456789',
            ImageId: 'ami-0123456789',
            InstanceType: 'm5.large',
            AvailabilityZone: 'us-east-1a',
            NetworkInterfaces: [{ PrivateIpAddress: '10.0.0.17', SubnetId: 'subnet-0123', VpcId: 'vpc-0123' }],
            Tags: [{ Key: 'team', Value: 'payments' }],
          },
        },
        Service: {
          ServiceName: 'guardduty',
          Count: 3,
          Archived: false,
          Action: { ActionType: 'DNS_REQUEST', DnsRequestAction: { Domain: 'data.example.org', Protocol: 'UDP' } },
          RemoteContacts: [] as object[],
        },
      },
    ],
  }
}
