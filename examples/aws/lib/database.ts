import { Duration, Fn, RemovalPolicy } from "aws-cdk-lib";
import {
  type IConnectable,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  Subnet,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from "aws-cdk-lib/aws-rds";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { Aurora, OwnDatabase } from "./options.ts";

/** The database as the function and the page need it. */
export interface Store {
  readonly secretArn: string;
  /** With members for user, password, host and name; null: the secret is another one. */
  readonly secret: ISecret | null;
  /** Where a function must run to reach it; nothing: anywhere. */
  readonly placement: {
    readonly vpc?: IVpc;
    readonly vpcSubnets?: SubnetSelection;
    readonly securityGroups?: ISecurityGroup[];
  };
}

/** Aurora PostgreSQL Serverless v2 in a VPC of its own; functions reach it and, through a gateway, the services of AWS. */
export function auroraDatabase(scope: Construct, { minCapacity, maxCapacity }: Aurora): Store {
  const vpc = new Vpc(scope, "Network", {
    ipAddresses: IpAddresses.cidr("10.40.0.0/16"),
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: "public", subnetType: SubnetType.PUBLIC, cidrMask: 24 },
      { name: "inner", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 22 },
      { name: "data", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
  });
  const cluster = new DatabaseCluster(scope, "Database", {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_18_4 }),
    writer: ClusterInstance.serverlessV2("writer"),
    serverlessV2MinCapacity: minCapacity,
    serverlessV2MaxCapacity: maxCapacity,
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    credentials: Credentials.fromGeneratedSecret("packdrift"),
    defaultDatabaseName: "packdrift",
    storageEncrypted: true,
    backup: { retention: Duration.days(14) },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.SNAPSHOT,
  });
  const group = new SecurityGroup(scope, "Clients", { vpc, description: "May connect to the database of packdrift" });
  cluster.connections.allowFrom(group as IConnectable, Port.tcp(5432), "packdrift");
  const { secret } = cluster;
  if (secret === undefined) throw new Error("The database was made without a secret");
  return {
    secretArn: secret.secretArn,
    secret,
    placement: { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [group] },
  };
}

/** An existing database, by a secret with its address. */
export function ownDatabase(scope: Construct, { secret, network }: OwnDatabase): Store {
  if (network === null) return { secretArn: secret, secret: null, placement: {} };
  const { vpcId, subnetIds, securityGroupId } = network;
  // The zones do not matter here, and cannot be known without asking AWS.
  const vpc = Vpc.fromVpcAttributes(scope, "Network", {
    vpcId,
    availabilityZones: subnetIds.map((_, at) => Fn.select(at, Fn.getAzs())),
    privateSubnetIds: [...subnetIds],
  });
  return {
    secretArn: secret,
    secret: null,
    placement: {
      vpc,
      vpcSubnets: { subnets: subnetIds.map((id) => Subnet.fromSubnetId(scope, `Subnet_${id}`, id)) },
      securityGroups: [SecurityGroup.fromSecurityGroupId(scope, "Clients", securityGroupId, { mutable: false })],
    },
  };
}
