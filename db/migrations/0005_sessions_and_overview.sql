CREATE TABLE "sessions" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_key_id_api_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_key" ON "sessions" USING btree ("key_id","created_at");--> statement-breakpoint
CREATE INDEX "incidents_open" ON "incidents" USING btree ("environment_id","id") WHERE "incidents"."status" = 'open';--> statement-breakpoint
CREATE INDEX "runs_environment" ON "runs" USING btree ("environment_id","id");