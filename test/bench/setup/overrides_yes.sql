-- An override on each cap.
SELECT count(steering.grant_override(cap_id, 1000, now() + interval '1 day', 'bench')) FROM steering.cap_status;
