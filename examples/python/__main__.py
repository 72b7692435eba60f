import pulumi
from pulumi_avatar_pipeline import AvatarPipeline

avatars = AvatarPipeline(
    "avatars",
    notifications={"failure_emails": ["registry@school.example"]},
    face={"duplicate_similarity": 97},
    retention={"keep_data": False},
)

pulumi.export("upload_page", avatars.site_url)
pulumi.export("photo_bucket", avatars.photo_bucket.bucket)
