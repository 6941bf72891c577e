CREATE TABLE "component_crashes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"environment_id" uuid NOT NULL,
	"component" text NOT NULL,
	"happened_at" timestamp (3) with time zone NOT NULL,
	"key" text NOT NULL,
	CONSTRAINT "component_crashes_once" UNIQUE("environment_id","component","key")
);
--> statement-breakpoint
ALTER TABLE "environments" ADD COLUMN "maintenance" jsonb;--> statement-breakpoint
ALTER TABLE "environments" ADD COLUMN "maintenance_ended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "environments" ADD COLUMN "health" jsonb;--> statement-breakpoint
ALTER TABLE "environments" ADD COLUMN "health_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "component_crashes" ADD CONSTRAINT "component_crashes_environment_id_environments_id_fk" FOREIGN KEY ("environment_id") REFERENCES "public"."environments"("id") ON DELETE cascade ON UPDATE no action;