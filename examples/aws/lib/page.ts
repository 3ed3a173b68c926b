import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Duration } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import { AwsLogDriver, Cluster, ContainerImage, CpuArchitecture, Secret as EcsSecret } from "aws-cdk-lib/aws-ecs";
import { ApplicationLoadBalancedFargateService } from "aws-cdk-lib/aws-ecs-patterns";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { Store } from "./database.ts";
import type { Options, Page } from "./options.ts";

const PORT = 8_400;
const HERE = fileURLToPath(new URL("../page", import.meta.url));
const MANIFEST = new URL("../../../package.json", import.meta.url);

/** The page on Fargate behind a load balancer with HTTPS: it shows, raises alarms and deletes what is too old. */
export function addPage(
  scope: Construct,
  { tokens, certificate, isPublic }: Page,
  { heartbeatHours }: Pick<Options, "heartbeatHours">,
  { placement, secret }: Store,
): void {
  const { vpc, vpcSubnets, securityGroups } = placement;
  if (vpc === undefined || secret === null) throw new Error("The page needs the stack's own database");
  const field = (name: string) => EcsSecret.fromSecretsManager(secret, name);
  const image = ContainerImage.fromAsset(HERE, {
    buildArgs: { VERSION: JSON.parse(readFileSync(MANIFEST, "utf8")).version },
    platform: Platform.LINUX_ARM64,
  });
  const page = new ApplicationLoadBalancedFargateService(scope, "Page", {
    cluster: new Cluster(scope, "Cluster", { vpc }),
    taskSubnets: vpcSubnets ?? {},
    ...(securityGroups && { securityGroups }),
    // One: a second would show the same and send the same notices.
    desiredCount: 1,
    minHealthyPercent: 0,
    maxHealthyPercent: 100,
    circuitBreaker: { rollback: true },
    cpu: 512,
    memoryLimitMiB: 1_024,
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificate),
    redirectHTTP: true,
    publicLoadBalancer: isPublic,
    taskImageOptions: {
      image,
      containerPort: PORT,
      environment: { HEARTBEAT_HOURS: String(heartbeatHours) },
      secrets: {
        TOKENS: EcsSecret.fromSecretsManager(tokensOf(scope, tokens)),
        PGHOST: field("host"),
        PGPORT: field("port"),
        PGDATABASE: field("dbname"),
        PGUSER: field("username"),
        PGPASSWORD: field("password"),
      },
      logDriver: new AwsLogDriver({ streamPrefix: "page", logRetention: RetentionDays.ONE_MONTH }),
    },
  });
  page.targetGroup.configureHealthCheck({ path: "/healthz", interval: Duration.seconds(30) });
}

function tokensOf(scope: Construct, arn: string): ISecret {
  return Secret.fromSecretCompleteArn(scope, "Tokens", arn);
}
