ALTER TABLE "runs" ADD COLUMN "cancel_requested_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "cancel_requested_by" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "left_running" text[];--> statement-breakpoint
CREATE INDEX "runs_in_line" ON "runs" USING btree ("environment_id","id") WHERE "runs"."mutating" and "runs"."finished_at" is null;