scoutsuite_results =
{
 "account_id": "123456789012",
 "services": {
  "vpc": {
   "findings": {
    "vpc-subnet-without-flow-log": {
     "checked_items": 63,
     "flagged_items": 53,
     "items": [
      "vpc.regions.eu-west-1.vpcs.vpc-117714bc964afc92e.subnets.subnet-53ee91de7b2de4ee9.no_flowlog"
     ]
    }
   },
   "regions": {
    "eu-west-1": {
     "id": "eu-west-1",
     "vpcs": {
      "vpc-117714bc964afc92e": {
       "id": "vpc-117714bc964afc92e",
       "name": "=HYPERLINK(\"http://x\")\u009b2J\u202e<img src=x onerror=alert(1)>",
       "subnets": {
        "subnet-53ee91de7b2de4ee9": {}
       }
      },
      "vpc-150646c3c2146f4ac": {
       "id": "vpc-150646c3c2146f4ac",
       "name": "vpc-150646c3c2146f4ac",
       "subnets": {}
      },
      "vpc-5bb109d44e8270b3a": {
       "id": "vpc-5bb109d44e8270b3a",
       "name": "vpc-5bb109d44e8270b3a",
       "subnets": {
        "subnet-4d30b124862b08dfa": {}
       }
      },
      "vpc-e6757c7287f31d4da": {
       "id": "vpc-e6757c7287f31d4da",
       "name": "vpc-e6757c7287f31d4da",
       "subnets": {
        "subnet-040da2e3b3cab3107": {},
        "subnet-1cfa4ecb82191bb09": {}
       }
      }
     }
    }
   }
  }
 }
}
